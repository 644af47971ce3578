"""What the commands do of which a whole deployment shows nothing: failures, second thoughts, and what comes after."""

import json
import unittest

import built
from emulator import Emulator
from project import ROOT, Project
from world import world

OTHER_REGION = "eu-central-1"
# Those of the tests' build: cargo would build others, with the features of one program.
PROGRAMS = {"PROGRAMS": str(ROOT / "target" / "debug")}


def pool_and_page(**own: str) -> dict[str, str]:
    return world().parameters(CreateUserPool="true", HostPage="true", Monitoring="false", **own)


class FirstDeployment(unittest.TestCase):
    def test_it_asks_for_what_it_needs_and_deploys_a_page_that_people_can_enter(self):
        project = Project(world().folder, world().project.environment)
        terminal = project.terminal("make", "--silent", "deploy", ARCHITECTURE=built.ARCHITECTURE, **world().packages())
        for question, answer in [
            ("Name of the stack", "natter-asked"),
            ("TokenIssuer", ""),
            ("HostPage", "true"),
            ("ModelProvider", "openai"),
            ("ModelName", "echo"),
            ("ModelBaseUrl", f"{world().outside.url}/v1"),
            ("Name of the secret", "natter/asked"),
            ("(not shown)", "sk-asked"),
            ("Deploy this changeset?", "y"),
        ]:
            terminal.answer(question, answer)
        terminal.wait_for("The page is at https://")
        self.assertEqual(terminal.end(), 0)
        secret = world().emulator.client("secretsmanager").get_secret_value(SecretId="natter/asked")
        self.assertEqual(secret["SecretString"], "sk-asked")
        self.assertNotIn("sk-asked", (project.folder / "samconfig.toml").read_text())

    def test_a_new_account_is_told_how_little_it_may_run_and_can_reserve_nothing(self):
        small = Emulator(world().folder, LAMBDA_ACCOUNT_CONCURRENCY="10")
        self.addCleanup(small.stop)
        project = Project(world().folder, {**world().project.environment, **small.environment()})
        own = {"TokenIssuer": "https://login.example.com", "TokenAudience": "natter", "AllowedOrigins": "*", "Tickets": "true"}
        project.configure("natter-new", world().parameters(**own), "us-east-1")
        done = project.make("deploy", typed="y\n", **world().packages())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("This account may run 10 functions at once", done.stdout)
        self.assertIn("This account has 0 executions to reserve, and the functions shall have 5 (TicketConcurrency 5).", done.stdout)
        self.assertEqual(small.client("cloudformation").list_stacks()["StackSummaries"], [])

    def test_one_that_failed_is_explained_and_cleaned_up_and_the_next_succeeds(self):
        stack, cognito = "natter-failing", world().emulator.client("cognito-idp")
        other = cognito.create_user_pool(PoolName="of somebody else")["UserPool"]["Id"]
        cognito.create_user_pool_domain(UserPoolId=other, Domain="taken")
        world().project.configure(stack, pool_and_page(UserPoolDomainPrefix="taken"), "us-east-1")
        failed = world().project.make("deploy", typed="y\n", **world().packages())
        self.assertNotEqual(failed.returncode, 0)
        pools = self.pools()
        self.assertIn(stack, pools, failed.stdout)

        declined = world().project.make("destroy", typed="no\n")
        self.assertNotIn("Traceback", declined.stdout)
        self.assertIn("Nothing was deleted.", declined.stdout)
        declined = world().project.make("deploy", typed="n\n", **world().packages())
        self.assertIn("UserPoolLogin could not be made", declined.stdout)
        self.assertIn("Nothing was deleted or deployed.", declined.stdout)

        world().project.configure(stack, pool_and_page(), "us-east-1")
        terminal = world().project.terminal("make", "--silent", "deploy", **world().packages())
        terminal.answer("Delete what is left of it and go on?", "y")
        terminal.answer("Deploy this changeset?", "y")
        self.assertEqual(terminal.end(), 0, terminal.shown)
        self.assertNotEqual(self.pools()[stack], pools[stack])
        self.assertEqual(list(self.pools()).count(stack), 1)

    def pools(self) -> dict[str, str]:
        found = world().emulator.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
        return {each["Name"]: each["Id"] for each in found}


class LaterDeployments(unittest.TestCase):
    def test_changes_that_are_declined_change_nothing_and_publish_nothing(self):
        deployed = world().deploy("natter-declined", pool_and_page())
        uploaded = self.uploads(deployed)
        world().project.configure("natter-declined", pool_and_page(HistoryMessages="10"), "us-east-1")

        declined = world().project.make("deploy", typed="n\n", **world().packages())

        self.assertNotEqual(declined.returncode, 0)
        self.assertIn("Nothing was changed.", declined.stdout)
        self.assertEqual(self.uploads(deployed), uploaded)
        self.assertEqual(deployed.variables("MessageFunction")["HISTORY_MESSAGES"], "40")

    def uploads(self, deployed) -> int:
        versions = deployed.client("s3").list_object_versions(Bucket=deployed.ids["PageBucket"], Prefix="index.html")
        return len(versions["Versions"])

    def test_the_region_of_the_file_holds_for_every_step_and_the_same_name_may_stand_in_another(self):
        world().deploy("natter-regions", pool_and_page())
        # The shell says the other region, as a profile may.
        deployed = world().deploy("natter-regions", pool_and_page(), OTHER_REGION)
        self.assertEqual(deployed.page("/index.html")[0], 200)
        world().destroy("natter-regions")
        here, there = (world().emulator.client("cloudformation", region) for region in ["us-east-1", OTHER_REGION])
        stacks = [[each["StackName"] for each in client.describe_stacks()["Stacks"]] for client in (here, there)]
        self.assertIn("natter-regions", stacks[0])
        self.assertNotIn("natter-regions", stacks[1])


class Operation(unittest.TestCase):
    """One stack, and its operation."""

    @classmethod
    def setUpClass(cls):
        tokens = {"TokenIssuer": world().outside.url, "TokenAudience": "natter", "AllowedOrigins": "*", "Monitoring": "false"}
        cls.deployed = world().deploy("natter-operated", world().parameters(**tokens))
        cls.deployed.chat(world().outside.token("alice"), "Hello there")

    def setUp(self):
        # Others write a samconfig.toml in the same place.
        world().project.configure("natter-operated", {}, "us-east-1")

    def test_logs_of_all_functions_are_followed(self):
        terminal = world().project.terminal("make", "--silent", "logs")
        # How far the command looks back is less than other tests may take.
        self.deployed.chat(world().outside.token("bob"), "Hello there")
        for function in ["AuthorizeFunction", "ConnectFunction", "MessageFunction"]:
            terminal.wait_for(self.deployed.ids[function])
        terminal.interrupt()

    def test_a_key_that_is_stored_again_takes_the_place_of_the_first(self):
        for key in ["sk-first", "sk-second"]:
            terminal = world().project.terminal("make", "--silent", "secret", "SECRET=natter/replaced")
            terminal.answer("(not shown)", key)
            terminal.wait_for("arn:aws:secretsmanager")
            self.assertEqual(terminal.end(), 0)
            stored = world().emulator.client("secretsmanager").get_secret_value(SecretId="natter/replaced")
            self.assertEqual(stored["SecretString"], key)

    def test_a_user_is_forgotten_with_the_credentials_of_a_program(self):
        config = world().folder / "config"
        keys = {"Version": 1, "AccessKeyId": "test", "SecretAccessKey": "test"}
        (world().folder / "keys.json").write_text(json.dumps(keys))
        config.write_text(f"[profile people]\nregion = us-east-1\ncredential_process = cat {world().folder}/keys.json\n")
        profile = {"AWS_PROFILE": "people", "AWS_CONFIG_FILE": str(config), "STACK": "natter-operated", "USER_ID": "alice", **PROGRAMS}
        environment = {**world().project.environment, **profile}
        del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        project = Project(world().folder, environment)
        project.folder = ROOT
        counted = project.make("forget-user")
        self.assertRegex(counted.stdout, r"found .*: 1 conversations")
        self.assertRegex(project.make("forget-user", YES="1").stdout, r"removed: 1 conversations")
        self.assertRegex(project.make("forget-user").stdout, r"found .*: 0 conversations")

    def test_agents_are_published_once_they_are_right_and_an_earlier_version_is_used_again(self):
        project = Project(world().folder, world().project.environment)
        agent = project.folder / "own agents" / "clerk"
        agent.mkdir(parents=True)
        (agent / "instructions.md").write_text("Be exact.")
        directory, project.folder = agent.parent, ROOT
        own = {"STACK": "natter-operated", "DIRECTORY": str(directory), **PROGRAMS}

        (agent / "agent.toml").write_text('name = "Clerk"\nmodel = "unknown"')
        self.assertIn("the agent clerk names the model unknown; there are: echo", project.make("agents", **own).stdout)
        for version, name in enumerate(["Clerk", "Secretary"], 1):
            (agent / "agent.toml").write_text(f'name = "{name}"')
            self.assertEqual(project.make("agents", **own).stdout, f"Published version {version}, in use within a minute: {name}\n")
        self.assertEqual(project.make("agents", "VERSION=1", **own).stdout, "Version 1, in use within a minute.\n")
        self.assertRegex(project.make("agents", "LIST=1", **own).stdout, r"^ +2 .*UTC\n +1 .*UTC  in use\n$")

    def test_what_a_role_is_not_allowed_is_denied(self):
        # Without this, the other tests would show nothing of the policies.
        iam, role = self.deployed.client("iam"), self.deployed.ids["ConnectFunctionRole"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            self.addCleanup(iam.put_role_policy, RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        self.assertNotEqual(self.deployed.knock(f"token={world().outside.token('bob')}"), 101)
        self.assertRegex(self.deployed.log("ConnectFunction"), "AccessDenied|not authorized")
