//! Oracle members as processes, against a web server and a development chain.
#![allow(clippy::unwrap_used)]

use anyhow::{Result, ensure};
use clearproof_client::chain::Chain;
use clearproof_primitives::{
    chain::{Feed, FeedValue, SnapshotView},
    ids::SnapshotNumber,
};
use clearproof_testing::process::{Program, RunFolder};
use clearproof_tests::{
    network::{Node, PRICE, program, until},
    prices::{FEEDS, PriceServer},
};
use std::{fs, time::Duration};
use subxt_signer::sr25519::dev;

/// Slot of the perpetual on underlying 0, whose lots are whole units.
const SLOT: usize = 0;
const EUR: Feed = Feed::Underlying(0);
const PATIENCE: Duration = Duration::from_secs(30);

struct Members<'a> {
    folder: &'a RunFolder,
    node: &'a str,
}

impl Members<'_> {
    /// Starts a member that feeds by these settings.
    fn start(
        &self,
        name: &'static str,
        suri: &str,
        settings: &str,
        more: &[&str],
    ) -> Result<Program> {
        let config = self.folder.join(&format!("{name}.toml"));
        fs::write(&config, settings)?;
        let config = config.to_string_lossy().into_owned();
        let arguments = [
            "feed", "--config", &config, "--node", self.node, "--suri", suri,
        ];
        let log = self.folder.join(&format!("{name}.log"));
        let arguments = arguments.iter().chain(more);
        Program::start(name, &program("CLEARPROOF_PROVER")?, arguments, log)
    }
}

/// Waits for a snapshot after that number which says what is wanted, and answers its number.
async fn snapshot(
    chain: &Chain,
    what: &str,
    after: SnapshotNumber,
    wanted: impl Fn(&SnapshotView) -> bool,
) -> Result<SnapshotNumber> {
    let seen = until(what, || async {
        let view = chain.snapshot(None).await?;
        Ok(view.filter(|view| view.snapshot.number > after && wanted(view)))
    });
    Ok(seen.await?.snapshot.number)
}

fn mark(view: &SnapshotView) -> u128 {
    u128::from(view.info.marks[SLOT])
}

#[tokio::test(flavor = "multi_thread")]
async fn members_feed_a_liar_does_not_move_the_market_and_silence_halts_it() -> Result<()> {
    let server = PriceServer::start().await?;
    server.say_all(&["a", "b", "c", "garbage"]);
    // One exchange of the honest ones lies, another is away.
    server.say("/b/eur", Some("108"));
    server.say("/c/btc", None);
    for (_, name, price) in FEEDS {
        let price: f64 = price.parse()?;
        server.say(
            &format!("/garbage/{name}"),
            Some(&format!("{}", price * 1.5)),
        );
    }
    let honest = server.settings(&["a", "b", "c"], 2);
    let garbage = server.settings(&["garbage"], 1);

    let folder = RunFolder::new(None)?;
    let mut node = Node::start(&folder, "node", &["--dev"])?;
    let chain = node.connect().await?;
    let url = node.url.clone();
    let members = Members {
        folder: &folder,
        node: &url,
    };
    let mut alice = members.start("alice", "//Alice", &honest, &[])?;
    let mut bob = members.start("bob", "//Bob", &honest, &[])?;
    let first = snapshot(
        &chain,
        "the first snapshot",
        SnapshotNumber::default(),
        |view| mark(view) == PRICE,
    )
    .await?;

    // A third member feeds garbage: the median is still the honest price.
    let mut charlie = members.start("charlie", "//Charlie", &garbage, &[])?;
    let account = dev::charlie().public_key().0;
    let lie = FeedValue::Price(PRICE * 3 / 2);
    until("the garbage to arrive", || async {
        let fed = chain.fed_by(account, &EUR).await?;
        Ok(fed.filter(|(value, _)| *value == lie))
    })
    .await?;
    let second = snapshot(&chain, "a snapshot with garbage", first.next(), |_| true).await?;
    let view = chain.snapshot(Some(second)).await?.unwrap();
    ensure!(
        mark(&view) == PRICE,
        "mark {} instead of {PRICE}",
        mark(&view)
    );

    // The market moves a little: the mark follows.
    for path in ["/a/eur", "/c/eur"] {
        server.say(path, Some("1.085"));
    }
    let moved = 1_085_000 << 32;
    let third = snapshot(&chain, "the move", second, |view| mark(view) == moved).await?;

    // Both honest members stop, in good order: the liar alone moves nothing, and the market halts.
    alice.stop(PATIENCE).await?;
    bob.stop(PATIENCE).await?;
    let halted = snapshot(&chain, "the halt", third, |view| mark(view) != moved).await?;
    let view = chain.snapshot(Some(halted)).await?.unwrap();
    ensure!(mark(&view) == 0, "mark {} of a halted market", mark(&view));

    // They come back, and it resumes.
    let mut alice = members.start("alice-again", "//Alice", &honest, &[])?;
    let mut bob = members.start("bob-again", "//Bob", &honest, &[])?;
    snapshot(&chain, "the market to resume", halted, |view| {
        mark(view) == moved
    })
    .await?;
    for member in [&mut alice, &mut bob, &mut charlie] {
        member.stop(PATIENCE).await?;
    }
    node.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_round_is_fed_and_strangers_are_refused() -> Result<()> {
    let server = PriceServer::start().await?;
    server.say_all(&["a"]);
    let settings = server.settings(&["a"], 1);
    let folder = RunFolder::new(None)?;
    let mut node = Node::start(&folder, "node", &["--dev"])?;
    let chain = node.connect().await?;
    let url = node.url.clone();
    let members = Members {
        folder: &folder,
        node: &url,
    };
    let mut stranger = members.start("stranger", "//Eve", &settings, &[])?;
    let error = stranger.ended().await.to_string();
    let account = hex(&dev::eve().public_key().0);
    ensure!(
        error.contains(&format!(
            "account 0x{account} is not a member of the oracle"
        )),
        "{error}"
    );

    let mut once = members.start("once", "//Alice", &settings, &["--once"])?;
    let ended = once.ended().await.to_string();
    ensure!(ended.contains("exit status: 0"), "{ended}");
    let account = dev::alice().public_key().0;
    let fed = until("the value to be final", || async {
        Ok(chain.fed_by(account, &EUR).await?)
    })
    .await?;
    ensure!(fed.0 == FeedValue::Price(PRICE), "{fed:?}");

    // A price that is twice the last that this member fed is held back, and the round says so.
    for (_, name, _) in FEEDS {
        server.say(&format!("/a/{name}"), Some("2.16"));
    }
    let mut jump = members.start("jump", "//Alice", &settings, &["--once"])?;
    let ended = jump.ended().await.to_string();
    ensure!(
        ended.contains("exit status: 1") && ended.contains("moved from 1080000 to 2160000"),
        "{ended}"
    );
    node.stop().await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
