//! Many turns at once in one process, as on Lambda Managed Instances, beside turns alone in the same process: what each takes, and
//! what a million cost on instances.

use std::fmt;
use std::time::{Duration, Instant};

use futures::future::join_all;
use natter_local::{Usage, prices};
use natter_tests::{Client, MESSAGE_FUNCTION, Natter};
use serde_json::{Value, json};

use crate::costs::{MEMORY, MILLION, function_dollars};
use crate::process;
use crate::report::{percentile, write_json};
use crate::settings::Settings;
use crate::turn::Script;

/// Concurrent turns start one after the other within this time, as users' do.
const BEGUN_WITHIN: Duration = Duration::from_secs(1);

/// An m7g.xlarge, in dollars an hour, and its processors: us-east-1, on demand, from the example for Managed Instances at
/// aws.amazon.com/lambda/pricing, as it stood in 2026.
const INSTANCE_HOUR: f64 = 0.1632;
const PROCESSORS: f64 = 4.0;

/// What Lambda takes for managing an instance, as a share of its price on demand (the same page).
const MANAGEMENT_FEE: f64 = 0.15;

/// The share of the processors that is planned to be at work, which is an assumption: instances are added minutes after the load has
/// grown, and until then there must be room for twice as much (docs.aws.amazon.com/lambda, "Scaling Lambda Managed Instances").
const PLANNED_LOAD: f64 = 0.5;

/// How many instances there are at all times: three, in as many zones, unless a capacity provider says otherwise (the same page).
const LEAST_INSTANCES: f64 = 3.0;

const HOURS_OF_A_MONTH: f64 = 730.0;

/// Measures it, prints a table, and writes the figures to `target/bench-concurrency.json`.
pub async fn show(settings: &Settings, at_once: usize) {
    let together = Together::measure(settings, at_once, settings.script()).await;
    print!("{together}");
    let report = json!({"alone": together.alone.to_json(), "together": together.together.to_json()});
    write_json("bench-concurrency.json", &report);
}

/// What was measured.
struct Together {
    alone: Load,
    together: Load,
}

/// Concurrent turns.
struct Load {
    at_once: usize,
    turns: usize,
    /// The function's processor time.
    cpu: Duration,
    /// What all of them used.
    usage: Usage,
    /// From a client's message to its first text, without the model's own time, in milliseconds.
    first_text: Vec<f64>,
    /// The same to its last text.
    last_text: Vec<f64>,
    /// How long turns take for their clients.
    duration: Duration,
    /// The most that the process ever had in memory, up to now, in KB.
    peak: u64,
}

impl Together {
    /// As many turns alone as are measured otherwise, and as many rounds of turns at once as there are cold ones.
    async fn measure(settings: &Settings, at_once: usize, script: Script) -> Self {
        let rounds = settings.cold_turns();
        println!("{} turns alone, and {rounds} times {at_once} at once …", settings.turns);
        let natter = settings.natter().await;
        let mut clients = Vec::new();
        for number in 0..at_once {
            clients.push(natter.connect(&format!("user-{number}")).await);
        }
        // The first turn starts the process, and the first of each conversation reads less than the next.
        Load::measure(&natter, &mut clients, 1, Script { tokens: 1, ..script }).await;
        let alone = Load::measure(&natter, &mut clients[..1], settings.turns, script).await;
        let together = Load::measure(&natter, &mut clients, rounds, script).await;
        assert_eq!(natter.stack.environments(MESSAGE_FUNCTION).len(), 1, "all turns were in one process");
        natter.stack.stop().await;
        Self { alone, together }
    }
}

impl Load {
    async fn measure(natter: &Natter, clients: &mut [Client], rounds: usize, script: Script) -> Self {
        let at_once = clients.len();
        natter.stack.settled().await;
        natter.stack.reset_meter();
        let cpu_before = cpu(natter);
        let mut load = Self {
            at_once,
            turns: at_once * rounds,
            cpu: Duration::ZERO,
            usage: Usage::default(),
            first_text: Vec::new(),
            last_text: Vec::new(),
            duration: Duration::ZERO,
            peak: 0,
        };
        for _ in 0..rounds {
            let turns = clients.iter_mut().enumerate().map(|(number, client)| async move {
                tokio::time::sleep(BEGUN_WITHIN.mul_f64(number as f64 / at_once as f64)).await;
                turn(client, number, script).await
            });
            for [first, last, all] in join_all(turns).await {
                load.first_text.push(first - script.first_token_millis as f64);
                load.last_text.push(last - script.last_token_millis());
                load.duration += Duration::from_secs_f64(all / 1000.0) / load.turns as u32;
            }
            natter.stack.settled().await;
        }
        load.cpu = cpu(natter).saturating_sub(cpu_before);
        load.usage = natter.stack.meter();
        load.peak = natter.stack.environments(MESSAGE_FUNCTION).first().map_or(0, |id| process::peak_kilobytes(*id));
        load
    }

    fn per_turn(&self, sum: f64) -> f64 {
        sum / self.turns as f64
    }

    fn cpu_millis(&self) -> f64 {
        self.per_turn(self.cpu.as_secs_f64() * 1000.0)
    }

    fn database_calls(&self) -> f64 {
        self.per_turn(self.usage.database_calls() as f64)
    }

    /// What a million turns cost of the function alone, one in each environment, in dollars.
    fn on_demand(&self) -> f64 {
        function_dollars(self.duration, 1)
    }

    /// The same on instances where each process has one processor, and this concurrency: whichever is used up first, its processor or
    /// its places.
    fn on_instances(&self) -> f64 {
        let by_processor = 3600.0 * PLANNED_LOAD / (self.cpu_millis() / 1000.0);
        let by_places = 3600.0 * self.at_once as f64 / self.duration.as_secs_f64();
        let processor_hour = instance_hour() / PROCESSORS;
        (processor_hour / by_processor.min(by_places) + prices::FUNCTION_REQUEST) * MILLION
    }

    fn to_json(&self) -> Value {
        let delays = |delays: &[f64]| json!({"p50": percentile(delays, 0.5), "p99": percentile(delays, 0.99)});
        json!({
            "atOnce": self.at_once, "turns": self.turns, "cpuMillis": self.cpu_millis(), "peakKilobytes": self.peak,
            "posts": self.per_turn(self.usage.messages_out as f64), "databaseCalls": self.database_calls(),
            "readUnits": self.per_turn(self.usage.read_units()), "writeUnits": self.per_turn(self.usage.write_units()),
            "turnMillis": self.duration.as_secs_f64() * 1000.0,
            "firstTextMillis": delays(&self.first_text), "lastTextMillis": delays(&self.last_text),
            "dollarsPerMillionOnDemand": self.on_demand(), "dollarsPerMillionOnInstances": self.on_instances(),
        })
    }
}

impl fmt::Display for Together {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alone, together } = self;
        let name = format!("{} at once", together.at_once);
        writeln!(formatter, "\n| a turn | alone | {name} |\n|---|---|---|")?;
        let mut row = |name: &str, unit: &str, of: &dyn Fn(&Load) -> f64| {
            writeln!(formatter, "| {name} | {:.1}{unit} | {:.1}{unit} |", of(alone), of(together))
        };
        row("CPU of the process", " ms", &Load::cpu_millis)?;
        row("posts", "", &|load| load.per_turn(load.usage.messages_out as f64))?;
        row("database calls", "", &Load::database_calls)?;
        row("read units", "", &|load| load.per_turn(load.usage.read_units()))?;
        row("write units", "", &|load| load.per_turn(load.usage.write_units()))?;
        row("message → first text, less the model's time: p50", " ms", &|load| percentile(&load.first_text, 0.5))?;
        row("… p99", " ms", &|load| percentile(&load.first_text, 0.99))?;
        row("message → last text, less the model's time: p50", " ms", &|load| percentile(&load.last_text, 0.5))?;
        row("… p99", " ms", &|load| percentile(&load.last_text, 0.99))?;
        row("peak memory of the process so far", " MB", &|load| load.peak as f64 / 1024.0)?;
        let added = together.peak.saturating_sub(alone.peak) as f64 / together.at_once as f64;
        writeln!(formatter, "\nEach of {} at once added {added:.0} KB to the peak of the process.", together.at_once)?;
        let least = LEAST_INSTANCES * instance_hour() * HOURS_OF_A_MONTH;
        // Up to there, what the turns need of them is less.
        let saved = alone.on_demand() - prices::FUNCTION_REQUEST * MILLION;
        writeln!(
            formatter,
            "The function's part of a million turns: ${:.2} on demand ({MEMORY} MB, one in each environment), ${:.2} on instances with \
             {name} in a process.",
            alone.on_demand(),
            together.on_instances(),
        )?;
        writeln!(
            formatter,
            "The least number of instances costs ${least:.0} a month, so that pays from {:.0} million turns a month on.",
            least / saved
        )
    }
}

/// What an hour of an instance costs with its management.
fn instance_hour() -> f64 {
    INSTANCE_HOUR * (1.0 + MANAGEMENT_FEE)
}

fn cpu(natter: &Natter) -> Duration {
    natter.stack.environments(MESSAGE_FUNCTION).first().map_or(Duration::ZERO, |id| process::cpu(*id))
}

// The milliseconds from a message to its first text, its last text and its end.
async fn turn(client: &mut Client, number: usize, script: Script) -> [f64; 3] {
    let started = Instant::now();
    let millis = || started.elapsed().as_secs_f64() * 1000.0;
    let request = client.script(&format!("conversation-{number}"), script.to_json()).await;
    let (mut first, mut last) = (None, 0.0);
    loop {
        let frame = client.next(&request).await;
        match frame["type"].as_str().unwrap_or_default() {
            "chunk" if frame["chunk"]["type"] == "text-delta" => {
                last = millis();
                first.get_or_insert(last);
            }
            "chunk" => {}
            "end" => return [first.unwrap_or(last), last, millis()],
            _ => panic!("{frame}"),
        }
    }
}
