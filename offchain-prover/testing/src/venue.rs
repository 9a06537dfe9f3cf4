//! A venue on a running chain: its operator as a process, members that feed prices, and traders. It
//! serves tests and networks on this machine. A test may kill the programs that it depends on.

use crate::{
    oracle::Feeds,
    process::{Program, free_port},
};
use anyhow::{Context, Result, bail, ensure};
use clearproof_client::{
    Trader, VenueClient,
    chain::{Chain, calls},
    rpc::types::{AccountJson, StatusJson},
};
use clearproof_formats::prices;
use clearproof_primitives::{
    chain::VenueView,
    eddsa::SecretKey,
    field::FieldBytes,
    fixed::{IndexPrice, Rate},
    ids::{BatchNumber, CircuitId, Slot, VenueId},
    order::{Order, OrderSet, Request, Side, WithdrawalRequest},
    shape::TIME_BITS,
    time::Millis,
};
use clearproof_proving::default_key_folder;
use std::{
    convert::Infallible,
    fs,
    future::Future,
    path::{Path, PathBuf},
    time::Duration,
};
use subxt_signer::sr25519::{Keypair, dev};
use tokio::{sync::watch, task::JoinHandle, time};

/// Index price of the replayed market until it is set, 32.32 quote units.
pub const PRICE: IndexPrice = 1_080_000 << 32;
/// Longest wait for anything.
pub const LIMIT: Duration = Duration::from_secs(180);
/// Longest wait for the operator to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_millis(300);

/// Secret of the operator's account. While the operator runs, no other program signs with it.
pub const OPERATOR_SURI: &str = "//Dave";

/// The operator's account.
pub fn operator() -> Keypair {
    dev::dave()
}

/// Founds a venue with the operator's account as its owner.
///
/// # Errors
/// The chain refuses.
pub async fn found_venue(chain: &Chain, circuit: CircuitId) -> Result<VenueId> {
    let founder = operator();
    let call = calls::create_venue(&[founder.public_key().0], circuit);
    let included = chain
        .submit(&founder, &call)
        .await
        .context("founding the venue")?;
    included
        .created_venue()
        .context("the chain does not say which venue it founded")
}

/// Returns the path of a program that the environment names.
///
/// # Errors
/// The variable is not set, or there is no such file.
pub fn program(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.with_context(|| {
        format!("{variable} is not set: start this with make, which builds the program first")
    })?;
    ensure!(
        path.is_file(),
        "{variable}: no program at {}",
        path.display()
    );
    Ok(path)
}

/// Calls `ask` again and again until it returns a value.
///
/// # Errors
/// The first error of an attempt; or, named by `what`, that there was no value within [`LIMIT`].
pub async fn until<T, F: Future<Output = Result<Option<T>>>>(
    what: &str,
    ask: impl FnMut() -> F,
) -> Result<T> {
    until_within(LIMIT, what, ask).await
}

/// As [`until`], within another limit.
///
/// # Errors
/// As [`until`].
pub async fn until_within<T, F: Future<Output = Result<Option<T>>>>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> Result<T> {
    let started = time::Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if started.elapsed() > limit {
            bail!("{what}: not within {limit:?}");
        }
        time::sleep(RETRY).await;
    }
}

/// Returns an order for instrument 0 that trades with any order of the other side, while prices are
/// at [`PRICE`].
pub fn crossing_order(id: u32, side: Side, quantity: u64) -> Order {
    /// Distance of the limit from the index price.
    const ROOM: u64 = 1_000 << 32;
    let mark = PRICE as u64;
    Order {
        id,
        instrument: Slot::new(0),
        side,
        quantity,
        limit: match side {
            Side::Buy => mark + ROOM,
            Side::Sell => mark - ROOM,
        },
        ..Order::default()
    }
}

/// A trader.
#[derive(Debug)]
pub struct Person {
    /// Account that pays deposits.
    pub wallet: Keypair,
    /// Key that signs order sets.
    pub trader: Trader,
    /// Sequence of the trader's last set.
    pub sequence: u64,
}

impl Person {
    /// Returns two traders with keys of their own, whose deposits come from two of the development
    /// chains' well-known accounts.
    fn two() -> [Self; 2] {
        let person = |wallet, seed| Self {
            wallet,
            trader: Trader::new(SecretKey::new([seed; 32])),
            sequence: 0,
        };
        [person(dev::eve(), 1), person(dev::ferdie(), 2)]
    }

    /// Returns the account, once the venue has opened it.
    ///
    /// # Errors
    /// The operator refuses, cannot be reached, or does not open it in time.
    pub async fn account(&self, client: &VenueClient) -> Result<AccountJson> {
        until("the account", || async {
            Ok(client.account(&self.trader).await?)
        })
        .await
    }

    /// Sends a [`crossing_order`].
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn order(
        &mut self,
        client: &VenueClient,
        id: u32,
        side: Side,
        quantity: u64,
    ) -> Result<()> {
        let order = crossing_order(id, side, quantity);
        self.send(client, vec![Some(order)], None).await
    }

    /// Waits until the account's first position has `lots` lots.
    ///
    /// # Errors
    /// As [`Self::account`].
    pub async fn holds(&self, client: &VenueClient, lots: i64) -> Result<()> {
        until("the fills", || async {
            let account = self.account(client).await?;
            let quantity = account.positions.first().map(|p| p.quantity);
            Ok((quantity == Some(lots)).then_some(()))
        })
        .await
    }

    /// Signs and sends the next order set, and checks its receipt.
    ///
    /// # Errors
    /// As [`Self::account`], and if the operator refuses the set.
    pub async fn send(
        &mut self,
        client: &VenueClient,
        orders: Vec<Option<Order>>,
        withdrawal: Option<WithdrawalRequest>,
    ) -> Result<()> {
        let account = self.account(client).await?.index;
        self.sequence += 1;
        let set = OrderSet {
            venue: client.identity().venue,
            account,
            sequence: self.sequence,
            valid_from: Millis::ZERO,
            valid_until: Millis::new((1 << TIME_BITS) - 1),
            max_fee: Rate::new(u32::MAX),
            orders,
            request: withdrawal.map(Request::Withdrawal),
        };
        client.submit(&self.trader, set).await?;
        Ok(())
    }
}

/// A venue of the development operator's account, and the feed of prices that its markets need.
/// Dropping it kills the operator.
pub struct Venue {
    /// A connection to the operator's node.
    pub chain: Chain,
    /// The venue's number on the chain.
    pub id: VenueId,
    /// Index price that the oracle's members feed for EUR/USD.
    pub price: watch::Sender<IndexPrice>,
    /// Folder of the operator's proving keys; a change takes effect at the operator's next start.
    pub keys: PathBuf,
    folder: PathBuf,
    node: String,
    listen: String,
    /// Address of the operator's metrics, `host:port`.
    pub metrics: String,
    operator: Option<Program>,
    feeding: JoinHandle<anyhow::Error>,
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.feeding.abort();
    }
}

impl Venue {
    /// Starts to feed prices, founds a venue, and starts its operator, which connects to the node
    /// at the URL `node`. The operator's database and log are in the folder.
    ///
    /// # Errors
    /// The chain refuses, the folder cannot be made, or the operator's program, which
    /// `CLEARPROOF_PROVER` names, cannot be started.
    pub async fn found(
        chain: Chain,
        node: &str,
        circuit: CircuitId,
        folder: &Path,
    ) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let (price, watch) = watch::channel(PRICE);
        let feeds = Feeds::new(&chain.instruments().await?, b"EUR/USD")?;
        let feeding = tokio::spawn(feeds.keep_feeding(chain.clone(), watch));
        let mut venue = Self {
            id: found_venue(&chain, circuit).await?,
            chain,
            price,
            keys: default_key_folder(),
            folder: folder.into(),
            node: node.into(),
            listen: format!("127.0.0.1:{}", free_port()?),
            metrics: format!("127.0.0.1:{}", free_port()?),
            operator: None,
            feeding,
        };
        venue.start_operator()?;
        Ok(venue)
    }

    /// Returns the URL that traders connect to.
    pub fn url(&self) -> String {
        format!("ws://{}", self.listen)
    }

    /// Returns the path of the operator's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("operator.log")
    }

    /// Starts the operator with its existing database.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start_operator(&mut self) -> Result<()> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let venue = self.id.to_string();
        let (data, keys) = (text(self.folder.join("operator")), text(self.keys.clone()));
        let arguments = [
            "operator",
            "--node",
            &self.node,
            "--venue",
            &venue,
            "--suri",
            OPERATOR_SURI,
            "--data",
            &data,
            "--listen",
            &self.listen,
            "--metrics",
            &self.metrics,
            "--keys",
            &keys,
            "--auction-interval-ms",
            "200",
            "--batch-ms",
            "4000",
        ];
        let prover = program("CLEARPROOF_PROVER")?;
        let operator = Program::start("operator", &prover, arguments, self.log())?;
        self.operator = Some(operator);
        Ok(())
    }

    /// Kills the operator without a warning.
    pub fn kill_operator(&mut self) {
        self.operator = None;
    }

    /// Asks the operator to stop, and waits until it has ended without an error.
    ///
    /// # Errors
    /// No operator runs, or it ends with an error or not in time.
    pub async fn stop_operator(&mut self) -> Result<()> {
        let mut operator = self.operator.take().context("no operator runs")?;
        operator.stop(STOP_LIMIT).await
    }

    /// Feeds the built-in price series from now on, one bar per interval, forwards and backwards
    /// without end.
    ///
    /// # Errors
    /// The series cannot be read.
    pub async fn replay(
        price: watch::Sender<IndexPrice>,
        interval: Duration,
    ) -> Result<Infallible> {
        let bars = prices::built_in()?;
        let mut auctions = time::interval(interval);
        for bar in bars.iter().chain(bars.iter().rev()).cycle() {
            auctions.tick().await;
            price.send_replace(prices::index_price(bar.close));
        }
        bail!("a series of prices without bars")
    }

    /// Waits until the operator or the feed ends, which is an error.
    pub async fn ended(&mut self) -> anyhow::Error {
        let Some(operator) = &mut self.operator else {
            return anyhow::anyhow!("no operator runs");
        };
        tokio::select! {
            error = operator.ended() => error,
            error = &mut self.feeding => error.unwrap_or_else(Into::into),
        }
    }

    /// Returns a connection to the operator, once it answers.
    ///
    /// # Errors
    /// It does not answer in time.
    pub async fn client(&self) -> Result<VenueClient> {
        let url = self.url();
        until("the operator's answer", || async {
            Ok(VenueClient::connect(&url, self.chain.genesis(), self.id)
                .await
                .ok())
        })
        .await
    }

    /// Returns the venue on the chain, as of the last final block.
    ///
    /// # Errors
    /// The node does not answer or does not know it.
    pub async fn on_chain(&self) -> Result<VenueView<[u8; 32]>> {
        self.chain
            .venue(self.id)
            .await?
            .context("the venue is gone")
    }

    /// Deposits asset 0, and waits until that is final.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn deposit(&self, person: &Person, amount: u64) -> Result<()> {
        let call = calls::deposit(self.id, 0, amount, person.trader.owner());
        self.chain.submit(&person.wallet, &call).await?;
        Ok(())
    }

    /// Returns two traders with well-known wallets, each of whom has deposited `amount` of asset 0.
    ///
    /// # Errors
    /// As [`Self::deposit`].
    pub async fn two_depositors(&self, amount: u64) -> Result<[Person; 2]> {
        let people = Person::two();
        let [one, two] = &people;
        tokio::try_join!(self.deposit(one, amount), self.deposit(two, amount))?;
        Ok(people)
    }

    /// Waits until `wanted` is true for the operator's status, and returns that status.
    ///
    /// # Errors
    /// The operator cannot be reached, or its status is not as wanted in time.
    pub async fn status(
        &self,
        client: &VenueClient,
        what: &str,
        wanted: impl Fn(&StatusJson) -> bool,
    ) -> Result<StatusJson> {
        until(what, || async {
            Ok(Some(client.status().await?).filter(|s| wanted(s)))
        })
        .await
    }

    /// Waits until no batch is on its way and no step is unproven, then compares the roots. Returns
    /// the last batch and its root.
    ///
    /// # Errors
    /// It takes too long, or the roots of operator and chain differ.
    pub async fn at_rest(&self, client: &VenueClient) -> Result<(BatchNumber, FieldBytes)> {
        let idle =
            |s: &StatusJson| s.pending.is_empty() && s.open.is_none_or(|open| open.steps == 0);
        let status = self.status(client, "rest", idle).await?;
        let venue = self.on_chain().await?;
        let settled = (status.settled.batch, status.settled.state_root);
        ensure!(
            settled == (venue.batches, venue.state_root),
            "operator {settled:?}, chain {:?}",
            (venue.batches, venue.state_root)
        );
        Ok(settled)
    }
}
