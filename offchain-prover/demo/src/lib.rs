//! The whole product in one run, with nothing mocked: a development chain, an operator, traders who
//! replay a real price series, batches proven and settled, a withdrawal paid, and then attacks that
//! must all be refused.

mod attacks;
mod balance;
mod control;
mod floor;
mod liquidation;
mod market;
mod options;
mod people;
pub mod report;
mod role;
mod stage;
mod withdrawal;

use anyhow::{Context, Result, anyhow, bail, ensure};
use balance::Balances;
use clearproof_client::{chain::Chain, clock::now_ms, rpc::types::StatusJson};
use clearproof_formats::{prices, time::time_text};
use clearproof_groth16::{BackendKind, KeyStore, Origin};
use clearproof_primitives::{
    chain::{Expiry, Listing},
    ids::{BatchNumber, CircuitId},
    shape::Shape,
    time::Millis,
};
use clearproof_proving::BatchProver;
use clearproof_testing::{
    oracle::Feeds,
    process::RunFolder,
    venue::{found_venue, operator},
};
use control::Twins;
use floor::{Floor, Progress};
use liquidation::Liquidation;
use market::Market;
use people::{DEPOSIT, Person, QUOTE_TOKEN};
use report::{BatchRow, Report, short};
use stage::Stage;
use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use subxt_signer::sr25519::dev;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::spawn_blocking,
    time::sleep,
};

/// Time from one round of order sets to the next.
const ROUND: Duration = Duration::from_secs(4);
/// Longest wait for a program to end in good order.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// Index of the trader who withdraws: a maker, who trades during the whole run.
const WITHDRAWER: usize = 0;

/// Settings of a run of the demonstration.
#[derive(Clone)]
pub struct DemoConfig {
    /// Number of traders, 3 or more.
    pub traders: u16,
    /// Number of batches to settle after those that only take deposits.
    pub batches: u64,
    /// Price series to replay instead of the one that comes with the program.
    pub prices: Option<PathBuf>,
    /// Symbol of the instrument that the series is replayed for.
    pub instrument: String,
    /// Seed of the traders' decisions.
    pub seed: u64,
    /// The node's program.
    pub node: PathBuf,
    /// The operator's program.
    pub prover: PathBuf,
    /// Folder of proving keys.
    pub keys: PathBuf,
    /// The proving backend.
    pub backend: BackendKind,
    /// Shows the progress of loading and making keys.
    pub progress: Arc<dyn clearproof_groth16::Progress>,
    /// Folder in which databases and logs are kept; a temporary folder if none is named.
    pub keep: Option<PathBuf>,
    /// Circuit with which the venues prove their batches.
    pub circuit: CircuitId,
    /// That circuit's shape.
    pub shape: Shape,
    /// Longest time between two batches, milliseconds.
    pub batch_ms: Millis,
}

/// Runs the demonstration.
///
/// # Errors
/// Something could not be done at all. Steps that were done but failed a check are in the report.
pub fn run(config: DemoConfig) -> Pin<Box<dyn Future<Output = Result<Report>>>> {
    // Boxed, it is compiled in this crate, and not in every program that awaits it.
    Box::pin(run_through(config))
}

async fn run_through(config: DemoConfig) -> Result<Report> {
    let bars = match &config.prices {
        Some(path) => prices::read(path)?,
        None => prices::built_in()?,
    };
    let room = config.shape.capacity() - 1;
    ensure!(
        u64::from(config.traders) <= room,
        "--traders {}: the circuit's tree has room for {room}",
        config.traders
    );
    tracing::info!(
        bars = bars.len(),
        from = time_text(bars.first().map_or(Millis::ZERO, |bar| bar.time)),
        seed = config.seed,
        "replaying prices of {}",
        config.instrument
    );
    let folder = RunFolder::new(config.keep.as_deref())?;
    let done = tokio::select! {
        done = on_a_chain(&config, &folder, bars) => done,
        error = interrupted() => Err(error),
    };
    match done {
        Ok(report) => {
            if config.keep.is_some() {
                tracing::info!(folder = %folder.keep().display(), "databases and logs are kept");
            }
            Ok(report)
        }
        Err(error) => {
            let folder = folder.keep();
            Err(error.context(format!(
                "the demonstration failed; logs are in {}",
                folder.display()
            )))
        }
    }
}

/// Waits for Ctrl-C or a request to end.
async fn interrupted() -> anyhow::Error {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return anyhow!("this system gives no signals");
    };
    tokio::select! {
        _ = interrupt.recv() => anyhow!("interrupted"),
        _ = terminate.recv() => anyhow!("asked to end"),
    }
}

/// Starts the node, and runs everything else while it runs.
async fn on_a_chain(
    config: &DemoConfig,
    folder: &RunFolder,
    bars: Vec<prices::Bar>,
) -> Result<Report> {
    let started = Instant::now();
    let (mut node, url) = stage::start_node(&config.node, folder)?;
    let work = async {
        let chain = stage::connect(&url).await?;
        let instruments = chain.instruments().await?;
        let symbol = config.instrument.as_bytes();
        let listed = instruments
            .iter()
            .find(|i| i.listing.symbol.as_slice() == symbol);
        let listed = listed.with_context(|| {
            let names = instruments
                .iter()
                .map(|i| String::from_utf8_lossy(&i.listing.symbol));
            let names: Vec<_> = names.collect();
            format!(
                "--instrument {}: the chain lists {}",
                config.instrument,
                names.join(", ")
            )
        })?;
        let listing = listed.listing.clone();
        let market = Market::new(bars, listing, config.shape.orders, config.seed)?;
        let (price, watched) = watch::channel(market.index());
        let expiry = Expiry {
            underlying: market.listing().underlying,
            time: now_ms() + options::LIFE,
        };
        let feeds = Feeds::new(&instruments, symbol)?.with_options(expiry);
        tokio::select! {
            report = at_a_venue(config, folder, &url, &chain, market, price, expiry) => report,
            error = feeds.keep_feeding(chain.clone(), watched) => Err(error),
        }
    };
    let mut report = tokio::select! {
        report = work => report?,
        error = node.ended() => return Err(error),
    };
    node.stop(STOP_LIMIT).await?;
    report.elapsed = started.elapsed();
    Ok(report)
}

/// Founds a venue, lets the traders trade there, then stops its operator and attacks the chain.
async fn at_a_venue(
    config: &DemoConfig,
    folder: &RunFolder,
    url: &str,
    chain: &Chain,
    market: Market,
    price: watch::Sender<u128>,
    expiry: Expiry,
) -> Result<Report> {
    let (shape, keys, backend) = (config.shape, config.keys.clone(), config.backend);
    let progress = config.progress.clone();
    let prover = spawn_blocking(move || {
        BatchProver::load(
            &shape,
            &KeyStore::new(keys),
            Origin::Development,
            backend,
            &*progress,
        )
    });
    let people = people::gather(config.traders)?;
    let founded = found_venue(chain, config.circuit);
    let (index, perpetual) = (market.index(), market.listing().clone());
    let listing = options::list(chain, &perpetual, &expiry, index);
    let (venue, (), options) = tokio::try_join!(founded, people::fund(chain, &people), listing)?;
    tracing::info!(
        %venue,
        traders = people.len(),
        "venue founded, traders funded, a call and a put listed"
    );
    let prover = async { prover.await.context("loading the proving keys")? };
    let (prover, ()) = tokio::try_join!(prover, people::deposit(chain, &people, venue))?;
    let stage = Stage {
        config,
        folder,
        url,
        chain,
        venue,
    };
    let (mut operator, address) = stage.start_operator()?;
    let mut report = Report::default();
    let owner = people.first().context("nobody trades")?.trader.public_key();
    let act = async {
        let twins = Twins::found(chain, dev::eve(), config.circuit, DEPOSIT, &owner);
        let trading = trade(
            &stage,
            &address,
            market,
            price,
            people,
            (&expiry, &options),
            &mut report,
        );
        Ok(tokio::try_join!(twins, trading)?.0)
    };
    let twins = tokio::select! {
        twins = act => twins,
        error = operator.ended() => Err(error),
    };
    // The end of the operator's log gives the reason.
    let twins = twins.with_context(|| operator.tail())?;
    operator.stop(STOP_LIMIT).await?;
    tracing::info!("the operator has stopped");
    attack(&stage, &prover, &twins, &mut report).await?;
    Ok(report)
}

/// Trades until enough batches are settled and the withdrawal is paid.
async fn trade(
    stage: &Stage<'_>,
    operator: &str,
    market: Market,
    price: watch::Sender<u128>,
    people: Vec<Person>,
    (expiry, options): (&Expiry, &[Listing]),
    report: &mut Report,
) -> Result<()> {
    let client = stage.client(operator).await?;
    let mut floor = Floor {
        client,
        people,
        market,
        price,
        bold_rests: false,
        accepted: Vec::new(),
    };
    floor.wait_for_accounts().await?;
    floor.set_viewing_keys().await?;
    tracing::info!("the operator has taken all deposits: trading begins");

    let recipient = people::fresh_wallet()?.public_key().0;
    let closed = |status: &StatusJson| status.settled.batch.get() + status.pending.len() as u64;
    // Batches that only took deposits do not count.
    let goal = closed(&floor.status().await?) + stage.config.batches;
    let full = u64::from(stage.config.shape.steps);
    let (mut progress, mut withdrawn) = (Progress::new(), false);
    let mut liquidation = Liquidation::default();
    loop {
        let status = floor.status().await?;
        if progress.check(status.settled.batch)? {
            let order_sets = floor.accepted.len();
            tracing::info!(
                settled = %status.settled.batch,
                goal,
                order_sets,
                "batches settled"
            );
        }
        let closed = closed(&status);
        if !withdrawn && closed + 2 >= goal && floor.people[WITHDRAWER].last.is_some() {
            report.refusals = withdrawal::withdraw(&mut floor, WITHDRAWER, recipient).await?;
            withdrawn = true;
        }
        liquidation
            .advance(stage.chain, &stage.config.shape.market, &mut floor)
            .await?;
        // The open batch is full enough to be the last one; it closes when its time is over.
        let last = closed + 1 >= goal && status.open.is_some_and(|open| open.steps >= full);
        if withdrawn && liquidation.done() && (last || closed >= goal) {
            break;
        }
        tokio::try_join!(floor.round(), async {
            sleep(ROUND).await;
            Ok(())
        })?;
    }
    tracing::info!("trading ends; waiting for what is not settled yet");
    stage
        .settled(&floor, BatchNumber::new(goal), report)
        .await?;
    let instruments = floor.client.instruments().await?;
    let cleared = |listing: &&Listing| {
        let there = instruments.iter().find(|i| i.slot == listing.slot);
        there.is_some_and(|i| i.last.is_some())
    };
    let funded = instruments.iter().filter(|i| i.funding_index.0 != 0);
    let funded: Vec<_> = funded
        .map(|i| format!("{}: {}", i.symbol, i.funding_index.0))
        .collect();
    report.check(
        "clearing prices moved the funding index",
        !funded.is_empty(),
        funded.join(", "),
    );
    liquidation.report(report);
    let cleared = options.iter().filter(cleared).count();
    report.check(
        "options were traded",
        cleared > 0,
        format!("{cleared} of {} have a clearing price", options.len()),
    );
    let shape = &stage.config.shape.market;
    options::settled(stage.chain, shape, expiry, options, report).await?;
    options::converted(stage.chain, stage.venue, options, report).await?;
    let paid = Balances::connect(stage.url).await?;
    let paid = paid.token(QUOTE_TOKEN, recipient).await?;
    let expected = u128::from(withdrawal::WITHDRAWN);
    let found = format!("{paid} of {expected}");
    report.check(
        "a fresh account of the chain was paid exactly",
        paid == expected,
        found,
    );
    let receipts = floor.accepted.len();
    tracing::info!(receipts, "each accepted order set has a receipt that holds");
    Ok(())
}

/// Attempts everything that the chain must refuse. The operator has stopped, so the state no longer
/// changes.
async fn attack(
    stage: &Stage<'_>,
    prover: &BatchProver,
    twins: &Twins,
    report: &mut Report,
) -> Result<()> {
    let (chain, venue) = (stage.chain, stage.venue);
    let before = chain
        .venue(venue)
        .await?
        .context("the chain forgot the venue")?;
    let last = stage.submitted(before.batches).await?;
    let signer = operator();
    let by_the_operator = async {
        let replayed = ("replayed batch", "WrongBatchNumber", last.clone());
        let stale = ("stale root", "StaleRoot", attacks::on_a_stale_root(&last));
        let mut refusals = Vec::new();
        for (what, expected, batch) in [replayed, stale] {
            refusals.push(attacks::attempt(chain, &signer, what, expected, &batch).await?);
        }
        Ok(refusals)
    };
    let at_the_twins = async {
        let honest = twins.honest_batch(chain, prover).await?;
        let forged = [
            (
                "tampered proof",
                "ProofRejected",
                attacks::with_swapped_point(&honest),
            ),
            (
                "garbled proof",
                "MalformedProof",
                attacks::with_flipped_bit(&honest),
            ),
            (
                "proof of another venue",
                "ProofRejected",
                attacks::at_another_venue(&honest, twins.twin),
            ),
            (
                "non-canonical input",
                "NonCanonicalField",
                attacks::with_non_canonical_root(&honest)?,
            ),
        ];
        let mut refusals = Vec::new();
        for (what, expected, batch) in forged {
            refusals.push(attacks::attempt(chain, &twins.signer, what, expected, &batch).await?);
        }
        let roots = twins.settle(chain, &honest).await?;
        anyhow::Ok((refusals, roots))
    };
    let (mut refusals, (more, [on_chain, in_batch])) =
        tokio::try_join!(by_the_operator, at_the_twins)?;
    refusals.extend(more);
    report.refusals.extend(refusals);
    report.check(
        "the batch that the forgeries were made of is accepted unchanged",
        on_chain == in_batch,
        format!("root {}", short(&on_chain)),
    );
    let after = chain
        .venue(venue)
        .await?
        .context("the chain forgot the venue")?;
    report.check(
        "the refused batches changed nothing",
        after == before,
        format!("batch {}, root {}", after.batches, short(&after.state_root)),
    );
    Ok(())
}

/// Returns an error that lists all failed checks, as the reason of the exit status.
///
/// # Errors
/// A check failed.
pub fn verdict(report: &Report) -> Result<()> {
    let failures = report.failures();
    if !failures.is_empty() {
        bail!("did not hold: {}", failures.join("; "));
    }
    Ok(())
}
