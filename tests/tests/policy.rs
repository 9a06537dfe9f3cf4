//! A voter uses the command line alone: shows the policy, checks a change, proposes it, votes on
//! it, and sees the outcome.
#![allow(clippy::unwrap_used)]

use anyhow::{Context, Result, ensure};
use clearproof_client::chain::Chain;
use clearproof_primitives::policy::Policy;
use clearproof_testing::oracle::Feeds;
use clearproof_testing::process::RunFolder;
use clearproof_tests::network::{Node, PRICE, program, until};
use serde_json::Value;
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};
use tokio::sync::watch;

/// Maintenance margin of long perpetuals from 0.5 to 0.8 %, and the chain's share of the fees from
/// 20 to 25 %. A list with such a change does not count as tightening.
const CHANGES: &str = r#"[
    {"charge": {"underlying": 0, "kind": "perpetual", "level": "maintenance", "side": "long", "value": 34359738}},
    {"protocolShare": {"value": 1073741824}}
]"#;
const CHARGE: &str = "underlyings[0].charges.maintenance_long";

/// The program's answer.
struct Answer {
    code: Option<i32>,
    out: String,
    error: String,
}

/// The program, with the node's URL.
struct Cli {
    program: PathBuf,
    node: String,
}

impl Cli {
    fn policy(&self, arguments: &[&str], input: &str) -> Result<Answer> {
        let (command, rest) = arguments.split_first().unwrap();
        let mut child = Command::new(&self.program)
            .args(["policy", command, "--node", &self.node])
            .args(rest)
            .env("RUST_BACKTRACE", "0")
            .env_remove("CLEARPROOF_SURI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        child.stdin.take().unwrap().write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        Ok(Answer {
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            error: String::from_utf8(output.stderr)?,
        })
    }

    /// Returns the output of a command that must succeed.
    fn ask(&self, arguments: &[&str]) -> Result<String> {
        let Answer { code, out, error } = self.policy(arguments, "")?;
        ensure!(code == Some(0), "{arguments:?}: {code:?} {out}{error}");
        Ok(out)
    }

    /// Runs a command that must fail with these words in its error and without any other output.
    fn refuses(&self, arguments: &[&str], words: &[&str]) -> Result<()> {
        let Answer { code, out, error } = self.policy(arguments, "")?;
        ensure!(
            code == Some(1) && out.is_empty(),
            "{arguments:?}: {code:?} {out}"
        );
        for word in words {
            ensure!(
                error.contains(word),
                "{arguments:?}: no `{word}` in {error}"
            );
        }
        Ok(())
    }
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
}

/// Reading, and all refusals that come before a transaction is paid for.
fn look(cli: &Cli, folder: &RunFolder, changes: &str) -> Result<()> {
    let shown = cli.ask(&["show"])?;
    says(
        &shown,
        &[
            CHARGE,
            "21474836",
            "0.5 %",
            "0.15 % to 1.1 %",
            "haircuts[1]",
        ],
    );
    let policy: Policy = serde_json::from_str(&cli.ask(&["show", "--json"])?)?;
    ensure!(policy.underlyings[0].charges.maintenance_long.get() == 21_474_836);
    ensure!(cli.ask(&["show", "--json", "--version", "1"])? == cli.ask(&["show", "--json"])?);
    cli.refuses(&["show", "--version", "9"], &["--version 9", "from 1 to 1"])?;
    says(
        &cli.ask(&["status"])?,
        &[
            "Version 1 is in force",
            "No change is pending",
            "No referendum",
        ],
    );

    let difference = cli.ask(&["diff", "--changes", changes])?;
    says(
        &difference,
        &[
            CHARGE,
            "0.5 %",
            "0.8 %",
            "protocol_share",
            "25 %",
            "loosens",
        ],
    );

    let charge = |value: &str| {
        format!(
            r#"[{{"charge":{{"underlying":0,"kind":"perpetual","level":"maintenance","side":"long","value":{value}}}}}]"#
        )
    };
    let file = folder.join("refused.json");
    let named = file.to_string_lossy().into_owned();
    let cases: [(String, &[&str]); 9] = [
        ("hello".into(), &["refused.json", "line 1", "policy show"]),
        (charge("-1"), &["[0].charge.value", "-1"]),
        (charge("99999999999"), &["[0].charge.value", "99999999999"]),
        ("[]".into(), &["nothing would change"]),
        (
            charge("4000000000"),
            &[
                CHARGE,
                "4000000000",
                "0 (0 %) to 2147483648 (50 %)",
                "now 21474836 (0.5 %)",
            ],
        ),
        (
            charge("1000000000"),
            &[
                CHARGE,
                "6442451 (0.15 %) to 47244639 (1.1 %)",
                "now 21474836 (0.5 %)",
            ],
        ),
        (
            charge("45000000"),
            &[
                CHARGE,
                "initial margin, 42949672 (1 %)",
                "now 21474836 (0.5 %)",
            ],
        ),
        (
            r#"[{"jumpLimit":{"underlying":9,"value":1073741824}}]"#.into(),
            &["underlyings[9].jump_limit", "underlyings go from 0 to 3"],
        ),
        (
            r#"[{"priceBand":{"value":200000000}},{"priceBand":{"value":210000000}}]"#.into(),
            &["changes[1]", "price_band", "set by changes[0] already"],
        ),
    ];
    for (text, words) in cases {
        fs::write(&file, text)?;
        cli.refuses(&["diff", "--changes", &named], words)?;
        cli.refuses(&["propose", "--changes", &named, "--suri", "//Dave"], words)?;
    }
    cli.refuses(
        &["diff", "--changes", "none.json"],
        &["--changes none.json"],
    )?;
    cli.refuses(
        &["propose", "--changes", changes],
        &["no key", "--key-file"],
    )?;
    cli.refuses(&["diff", "--referendum", "7"], &["--referendum 7", "none"])?;
    let both = cli.policy(&["diff", "--changes", changes, "--referendum", "0"], "")?;
    ensure!(both.code == Some(2), "{:?}", both.code);
    Ok(())
}

/// Portfolios from standard input, and synthetic ones.
fn simulate(cli: &Cli, changes: &str) -> Result<()> {
    // Ten lots at 1,000 need 2,570 of maintenance margin now, and 2,600 with the proposed charge;
    // the equity of 2,590 lies between them.
    let given = r#"{"instruments":[{"slot":0,"terms":{"perpetual":{"mark":"1000"}}}],"balances":["-7410"],"positions":[{"slot":0,"lots":10}]}
{"balances":["x"]}
"#;
    let answer = cli.policy(&["simulate", "--changes", changes], given)?;
    ensure!(answer.code == Some(0), "{}", answer.error);
    let lines: Vec<Value> = answer
        .out
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let liquidatable = |when: &str| lines[0][when]["liquidatable"].as_bool();
    ensure!(liquidatable("now") == Some(false) && liquidatable("then") == Some(true));
    ensure!(lines[1]["error"].is_string());
    let sum: Value = serde_json::from_str(answer.error.lines().last().unwrap())?;
    ensure!(
        sum["then"]["liquidatable"] == 1 && sum["now"]["liquidatable"] == 0,
        "{sum}"
    );

    let synthetic = [
        "simulate",
        "--changes",
        changes,
        "--synthetic",
        "30",
        "--to",
        "2017-05-05",
    ];
    let table = cli.ask(&synthetic)?;
    says(
        &table,
        &[
            "seed 1",
            "liquidated",
            "bankrupt",
            "maintenance margin",
            "a second",
        ],
    );
    let json = cli.ask(&[&synthetic[..], &["--seed", "5", "--json"]].concat())?;
    let lines: Vec<Value> = json
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let outcome = &lines.last().unwrap()["outcome"];
    ensure!(outcome["seed"] == 5, "{outcome}");
    ensure!(outcome["moments"] == lines.len() - 1, "{outcome}");
    let margin = |when: &str| outcome[when]["maintenance_mean"].as_u64().unwrap();
    ensure!(margin("then") > margin("now"), "{outcome}");
    cli.refuses(
        &[
            "simulate",
            "--changes",
            changes,
            "--synthetic",
            "30",
            "--prices",
            "none.csv",
        ],
        &["--prices none.csv"],
    )
}

/// Five accounts vote at once, each with its own key. Some of them also have transactions that feed
/// prices under way.
fn vote(cli: &Cli) -> Result<()> {
    let vote = |more: &[&'static str]| {
        let mut all = vec!["vote", "--referendum", "0"];
        all.extend(more);
        all
    };
    let eve = ["--suri", "//Eve"];
    for (more, words) in [
        (["--aye", "--amount", "0"], "--amount 0: must be above 0"),
        (["--aye", "--amount", "1.5.5"], "--amount 1.5.5"),
        (["--nay", "--amount", "-0"], "--amount"),
    ] {
        let answer = cli.policy(&[&vote(&more)[..], &eve].concat(), "")?;
        ensure!(answer.code != Some(0), "{more:?}");
        ensure!(answer.error.contains(words), "{more:?}: {}", answer.error);
    }
    let none = ["vote", "--referendum", "7", "--aye", "--amount", "1"];
    cli.refuses(&[&none[..], &eve].concat(), &["--referendum 7"])?;
    let neither = cli.policy(&[&vote(&["--amount", "1"])[..], &eve].concat(), "")?;
    ensure!(neither.code == Some(2), "{}", neither.error);

    std::thread::scope(|scope| {
        let voters = ["//Dave", "//Eve", "//Ferdie", "//One", "//Two"].map(|suri| {
            let ayes = ["--aye", "--amount", "900000", "--conviction", "1"];
            let arguments = [&vote(&ayes)[..], &["--suri", suri]].concat();
            scope.spawn(move || cli.ask(&arguments))
        });
        for voter in voters {
            let said = voter.join().unwrap()?;
            says(
                &said,
                &["Voted aye on referendum 0 with 900000 CLR at conviction 1"],
            );
        }
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voter_proposes_votes_and_sees_the_change_in_force() -> Result<()> {
    let folder = RunFolder::new(None)?;
    let mut node = Node::start(&folder, "node", &["--dev"])?;
    let chain: Chain = node.connect().await?;
    let (_price, watch) = watch::channel(PRICE);
    let feeds = Feeds::new(&chain.instruments().await?, b"EUR/USD")?;
    let feeding = tokio::spawn(feeds.keep_feeding(chain.clone(), watch));
    // The chain has no time before its first block.
    chain.next_finalized(0).await?;

    let cli = Cli {
        program: program("CLEARPROOF_PROVER")?,
        node: node.url.clone(),
    };
    let file = folder.join("changes.json");
    fs::write(&file, CHANGES)?;
    let changes = file.to_string_lossy().into_owned();
    look(&cli, &folder, &changes)?;
    simulate(&cli, &changes)?;

    let proposed = cli.ask(&["propose", "--changes", &changes, "--suri", "//Dave"])?;
    says(
        &proposed,
        &[
            "Referendum 0",
            "deposit is placed",
            "loosens",
            "policy vote",
        ],
    );
    says(
        &cli.ask(&["status"])?,
        &["referendum", CHARGE, "protocol_share", "0 CLR"],
    );
    // The last line contains the time; all others are the same.
    let table = |arguments: &[&str]| {
        let text = cli.ask(arguments)?;
        let table = text
            .trim_end()
            .rsplit_once('\n')
            .map(|(table, _)| table.to_string());
        table.context("more than a line")
    };
    let proposal = table(&["diff", "--referendum", "0"])?;
    ensure!(proposal == table(&["diff", "--changes", &changes])?);
    says(&proposal, &[CHARGE, "0.8 %", "25 %"]);
    vote(&cli)?;

    // The referendum is approved and its call enacted. The change then waits for three days divided
    // by 14,400, and takes effect.
    until("the change waits", || async {
        let status = cli.ask(&["status"])?;
        Ok(status.contains("in force from").then_some(status))
    })
    .await
    .map(|status| says(&status, &["loosens", CHARGE, "protocol_share", "Version 1"]))?;
    let over = cli.ask(&["status", "--referendum", "0"])?;
    says(&over, &["Referendum 0: approved in block"]);
    cli.refuses(&["diff", "--referendum", "0"], &["it is over, approved"])?;
    cli.refuses(&["diff", "--changes", &changes], &["nothing would change"])?;
    until("the change is in force", || async {
        let status = cli.ask(&["status"])?;
        Ok(status.contains("Version 2 is in force since").then_some(()))
    })
    .await?;
    says(&cli.ask(&["show"])?, &["34359738", "0.8 %", "25 %"]);
    says(&cli.ask(&["show", "--version", "1"])?, &["21474836"]);
    feeding.abort();
    Ok(())
}
