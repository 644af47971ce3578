"""Which combinations of parameters are deployed: a few that have every pair of choices, and more that have most triples."""

import itertools

# By axis, the choices with the parameters that each sets. What stands in braces is known when there is an emulator.
CHOICES: dict[str, dict[str, dict[str, str]]] = {
    "tokens": {
        "of an issuer": {"TokenIssuer": "{issuer}", "TokenAudience": "{audience}"},
        "of a user pool": {"CreateUserPool": "true"},
    },
    "page": {
        "none": {},
        "hosted": {"HostPage": "true"},
        "hosted, with a name": {
            "HostPage": "true",
            "PageTokenUrl": "https://login.example.com/token",
            "PageDomainName": "page-{stack}.example.com",
            "PageCertificateArn": "{certificate}",
            "PageWebAclArn": "{web_acl}",
            "PageLogBucket": "{log_bucket}",
        },
    },
    "origins": {
        "none": {},
        "some": {"AllowedOrigins": "https://one.example.com,https://two.example.com"},
        "every": {"AllowedOrigins": "*"},
    },
    "tickets": {"none": {}, "some": {"Tickets": "true"}},
    "address": {
        "of the API": {},
        "of a name": {
            "DomainName": "{stack}.example.com",
            "CertificateArn": "{certificate}",
            "HostedZoneId": "{zone}",
            "StageName": "other",
            # The second stack of an account and region takes the role of the first.
            "CreateLogRole": "false",
        },
    },
    "secret": {
        "none": {},
        "with a key of its own": {"ModelApiKeySecretArn": "{secret}", "SecretKeyArn": "{secret_key}"},
    },
    "fallback": {
        "none": {},
        "on Bedrock": {
            "ModelFallbacks": "bedrock/eu.amazon.nova-lite-v1:0",
            "BedrockModelArns": "arn:aws:bedrock:us-east-1:000000000000:inference-profile/eu.amazon.nova-lite-v1:0,"
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
        },
    },
    "table": {"protected": {}, "with a key of its own": {"TableKeyArn": "{table_key}", "ProtectTable": "false"}},
    "logs": {
        "with a role": {},
        "of functions alone": {"AccessLogs": "false"},
    },
    "watched": {"not at all": {"Monitoring": "false"}, "by alarms": {"AlarmTopicArn": "{topic}", "Tracing": "Active"}},
    "reserved": {
        "by default": {},
        "much": {"MessageConcurrency": "20", "HandshakeConcurrency": "5", "TicketConcurrency": "3"},
    },
}

Combination = dict[str, str]


def is_allowed(combination: Combination) -> bool:
    """Whether the template's rules allow it."""
    page, tokens, origins = combination["page"], combination["tokens"], combination["origins"]
    return (page, origins) != ("none", "none") and (page, tokens) != ("hosted", "of an issuer")


# Each row has the number of its choice on every axis, in their order above. Found by search; the suite checks what they cover.
FEW = [
    "0 2 1 1 1 0 0 0 1 1 0",
    "1 1 2 0 0 1 1 1 0 0 1",
    "0 2 0 0 0 0 1 0 0 1 1",
    "1 0 1 1 0 1 0 1 1 0 0",
    "0 0 2 1 1 1 1 0 1 1 1",
    "1 1 0 0 1 0 0 0 1 0 0",
    "1 2 2 1 1 0 0 1 0 1 0",
    "0 0 1 0 0 0 1 1 0 0 0",
    "0 2 0 1 0 1 0 1 0 0 1",
    "1 1 1 1 0 1 1 0 0 1 1",
]
MORE = [
    "1 2 0 0 1 1 1 1 1 1 0",
    "0 0 2 0 0 0 0 0 1 0 1",
    "1 0 1 0 1 0 0 1 0 1 1",
    "1 1 0 1 0 0 1 1 1 1 0",
    "0 2 2 0 1 1 1 0 0 0 0",
    "1 1 1 1 1 0 1 1 1 0 1",
    "1 1 0 1 1 1 0 0 0 1 1",
    "1 1 2 0 0 1 0 0 1 1 0",
]


def read(row: str) -> Combination:
    """Returns the combination of a row."""
    return {axis: list(choices)[int(number)] for (axis, choices), number in zip(CHOICES.items(), row.split(), strict=True)}


def missing_pairs(combinations: list[Combination]) -> set:
    """Returns the pairs of choices that could be deployed together and are in none of the combinations."""
    every = (dict(zip(CHOICES, options, strict=True)) for options in itertools.product(*CHOICES.values()))
    wanted = {pair for each in every if is_allowed(each) for pair in itertools.combinations(each.items(), 2)}
    return wanted - {pair for each in combinations for pair in itertools.combinations(each.items(), 2)}


def parameters(combination: Combination, **known: str) -> dict[str, str]:
    """Returns the parameters of a combination, with what is known of the emulator in them."""
    chosen = {}
    for axis, option in combination.items():
        chosen.update(CHOICES[axis][option])
    return {name: value.format(**known) for name, value in chosen.items()}
