//! A development chain of two nodes and a venue's operator as real processes: started, killed and started again.

use anyhow::{bail, ensure, Context, Result};
use clearproof_primitives::{
    chain::VenueView,
    eddsa::SecretKey,
    field::FieldBytes,
    order::{Order, OrderSet, Request, Side, WithdrawalRequest},
    shape::TIME_BITS,
};
use clearproof_prover::{
    chain::{calls, Chain},
    demo::{
        oracle::Feeds,
        process::{free_port, Program, RunFolder},
    },
    operator::rpc::types::{AccountJson, StatusJson},
    proving::default_key_folder,
    trader::{Trader, VenueClient},
};
use jsonrpsee::{
    core::client::ClientT,
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use std::{future::Future, path::PathBuf, time::Duration};
use subxt_signer::sr25519::{dev, Keypair};
use tokio::{sync::watch, task::JoinHandle, time};

/// Index price of every replayed market, 32.32 quote units.
pub const PRICE: u128 = 1_080_000 << 32;
/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(180);
const RETRY: Duration = Duration::from_millis(300);

/// A validator's identity on the network is made by hand as a rule; here each gets a new one.
pub const FRESH_IDENTITY: &str = "--unsafe-force-node-key-generation";

/// One of the programs that are tested. `make test` builds them and names them in the environment.
pub fn program(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path =
        path.with_context(|| format!("{variable} is not set: run the tests with `make test`"))?;
    ensure!(
        path.is_file(),
        "{variable}: no program at {}",
        path.display()
    );
    Ok(path)
}

/// Asks again and again until there is an answer.
pub async fn until<T, F: Future<Output = Result<Option<T>>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> Result<T> {
    let started = time::Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if started.elapsed() > LIMIT {
            bail!("{what}: not within {LIMIT:?}");
        }
        time::sleep(RETRY).await;
    }
}

/// A node that can be stopped and started again with its database.
pub struct Node {
    name: &'static str,
    arguments: Vec<String>,
    process: Option<Program>,
    /// Where it answers.
    pub url: String,
    /// Where its metrics are, `host:port`.
    pub metrics: String,
}

impl Node {
    /// Starts a node; `identity` says which chain and who it is there.
    pub fn start(folder: &RunFolder, name: &'static str, identity: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let base = folder.join(name).to_string_lossy().into_owned();
        let (rpc, peers) = (port.to_string(), free_port()?.to_string());
        let prometheus = free_port()?.to_string();
        let common = [
            "--base-path",
            &base,
            "--rpc-port",
            &rpc,
            "--port",
            &peers,
            "--prometheus-port",
            &prometheus,
            "--no-telemetry",
            "--no-mdns",
            "--allow-private-ip",
        ];
        let arguments = identity.iter().chain(&common).map(ToString::to_string);
        let mut node = Self {
            name,
            arguments: arguments.collect(),
            process: None,
            url: format!("ws://127.0.0.1:{port}"),
            metrics: format!("127.0.0.1:{prometheus}"),
        };
        node.start_again(folder)?;
        Ok(node)
    }

    /// Starts it with the same database and ports.
    pub fn start_again(&mut self, folder: &RunFolder) -> Result<()> {
        let log = folder.join(&format!("{}.log", self.name));
        let process = Program::start(
            self.name,
            &program("CLEARPROOF_NODE")?,
            &self.arguments,
            log,
        )?;
        self.process = Some(process);
        Ok(())
    }

    /// Connects to it once it answers; a node that has ended is an error at once.
    pub async fn connect(&mut self) -> Result<Chain> {
        let process = self.process.as_mut().context("the node is not running")?;
        tokio::select! {
            chain = time::timeout(LIMIT, Chain::connect(&self.url)) => Ok(chain??),
            error = process.ended() => Err(error),
        }
    }

    /// Its JSON-RPC, for what [`Chain`] does not ask.
    pub async fn rpc(&self) -> Result<WsClient> {
        let builder = WsClientBuilder::new().max_request_size(32 << 20);
        Ok(builder.build(&self.url).await?)
    }

    /// Where other nodes of this machine reach it.
    pub async fn address(&self) -> Result<String> {
        let rpc = self.rpc().await?;
        let addresses: Vec<String> = rpc
            .request("system_localListenAddresses", rpc_params![])
            .await?;
        let local = addresses
            .iter()
            .find(|address| address.starts_with("/ip4/127.0.0.1/tcp/"));
        let local = local.with_context(|| format!("no local address among {addresses:?}"))?;
        Ok(local.clone())
    }

    /// Kills it, without a warning.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to stop, and waits.
    pub async fn stop(&mut self) -> Result<()> {
        match &mut self.process {
            Some(process) => process.stop(Duration::from_secs(30)).await,
            None => Ok(()),
        }
    }
}

/// A trader with an account on the chain.
pub struct Person {
    /// Pays deposits.
    pub wallet: Keypair,
    /// Signs order sets.
    pub trader: Trader,
    /// Sequence of the last set.
    pub sequence: u64,
}

/// A development chain, fed with prices, and a venue of the small shape with its operator. One node makes the blocks, the
/// operator has another.
pub struct Network {
    folder: RunFolder,
    /// The validator, which is fed with prices.
    pub validator: Node,
    /// The operator's node.
    pub node: Node,
    /// A connection to the validator.
    pub chain: Chain,
    /// The venue.
    pub venue: u32,
    operator: Option<Program>,
    listen: String,
    /// Where the operator's metrics are, `host:port`.
    pub metrics: String,
    feeding: JoinHandle<anyhow::Error>,
    _price: watch::Sender<u128>,
}

impl Drop for Network {
    fn drop(&mut self) {
        self.feeding.abort();
    }
}

impl Network {
    /// Starts everything and founds the venue.
    pub async fn start() -> Result<Self> {
        let folder = RunFolder::new(None)?;
        let mut validator = Node::start(&folder, "validator", &["--dev", FRESH_IDENTITY])?;
        let chain = validator.connect().await?;
        let address = validator.address().await?;
        let others = ["--chain", "dev", "--bootnodes", &address];
        let mut node = Node::start(&folder, "node", &others)?;
        node.connect().await?;
        let (price, watch) = watch::channel(PRICE);
        let feeds = Feeds::new(&chain.instruments().await?, b"EUR/USD")?;
        let feeding = tokio::spawn(feeds.keep_feeding(chain.clone(), watch));
        let founder = dev::dave();
        let call = calls::create_venue(
            &[founder.public_key().0],
            clearproof_runtime::development_circuits::SMALL,
        );
        let venue = chain.submit(&founder, &call).await?.created_venue();
        let mut network = Self {
            folder,
            validator,
            node,
            chain,
            venue: venue.context("no venue in the events")?,
            operator: None,
            listen: format!("127.0.0.1:{}", free_port()?),
            metrics: format!("127.0.0.1:{}", free_port()?),
            feeding,
            _price: price,
        };
        network.start_operator()?;
        Ok(network)
    }

    /// Starts the operator with the database that it left.
    pub fn start_operator(&mut self) -> Result<()> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let venue = self.venue.to_string();
        let (data, keys) = (
            text(self.folder.join("operator")),
            text(default_key_folder()),
        );
        let arguments = [
            "operator",
            "--node",
            &self.node.url,
            "--venue",
            &venue,
            "--suri",
            "//Dave",
            "--data",
            &data,
            "--listen",
            &self.listen,
            "--metrics",
            &self.metrics,
            "--keys",
            &keys,
            "--tick-ms",
            "200",
            "--batch-ms",
            "4000",
        ];
        let log = self.folder.join("operator.log");
        let prover = program("CLEARPROOF_PROVER")?;
        self.operator = Some(Program::start("operator", &prover, arguments, log)?);
        Ok(())
    }

    /// Kills the operator, without a warning.
    pub fn kill_operator(&mut self) {
        self.operator = None;
    }

    /// Asks the operator to stop, which it must do in good order.
    pub async fn stop_operator(&mut self) -> Result<()> {
        let mut operator = self.operator.take().context("no operator runs")?;
        operator.stop(Duration::from_secs(30)).await
    }

    /// Starts the operator's node again.
    pub fn start_node(&mut self) -> Result<()> {
        self.node.start_again(&self.folder)
    }

    /// Starts the validator again.
    pub fn start_validator(&mut self) -> Result<()> {
        self.validator.start_again(&self.folder)
    }

    /// A connection to the operator, once it answers.
    pub async fn client(&self) -> Result<VenueClient> {
        let url = format!("ws://{}", self.listen);
        until("the operator's answer", || async {
            Ok(VenueClient::connect(&url, self.chain.genesis(), self.venue)
                .await
                .ok())
        })
        .await
    }

    /// The venue on the chain.
    pub async fn on_chain(&self) -> Result<VenueView<[u8; 32]>> {
        self.chain
            .venue(self.venue)
            .await?
            .context("the venue is gone")
    }

    /// Deposits asset 0.
    pub async fn deposit(&self, person: &Person, amount: u64) -> Result<()> {
        let call = calls::deposit(self.venue, 0, amount, person.trader.owner());
        self.chain.submit(&person.wallet, &call).await?;
        Ok(())
    }

    /// Waits until the operator says what is wanted of its state.
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

    /// Waits until nothing is on its way and no step is left unproven, then compares the roots: answers the last batch.
    pub async fn at_rest(&self, client: &VenueClient) -> Result<(u64, FieldBytes)> {
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

impl Person {
    /// Two with keys of their own, who pay with two of the chain's well-known accounts.
    pub fn two() -> [Self; 2] {
        let person = |wallet, seed| Self {
            wallet,
            trader: Trader::new(SecretKey::new([seed; 32])),
            sequence: 0,
        };
        [person(dev::eve(), 1), person(dev::ferdie(), 2)]
    }

    /// The account, once the venue has opened it.
    pub async fn account(&self, client: &VenueClient) -> Result<AccountJson> {
        until("the account", || async {
            Ok(client.account(&self.trader).await?)
        })
        .await
    }

    /// Sends an order for instrument 0 that trades with whoever wants the other side.
    pub async fn order(
        &mut self,
        client: &VenueClient,
        id: u32,
        side: Side,
        quantity: u64,
    ) -> Result<()> {
        let mark = PRICE as u64;
        let limit = match side {
            Side::Buy => mark + (1_000 << 32),
            Side::Sell => mark - (1_000 << 32),
        };
        let order = Order {
            id,
            instrument: 0,
            side,
            quantity,
            limit,
            ..Order::default()
        };
        self.send(client, vec![Some(order)], None).await
    }

    /// Waits until the account's first position is of so many lots.
    pub async fn holds(&self, client: &VenueClient, lots: i64) -> Result<()> {
        until("the fills", || async {
            let account = self.account(client).await?;
            let quantity = account.positions.first().map(|p| p.quantity);
            Ok((quantity == Some(lots)).then_some(()))
        })
        .await
    }

    /// Signs and sends the next order set; the receipt is checked.
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
            valid_from: 0,
            valid_until: (1 << TIME_BITS) - 1,
            max_fee: u32::MAX,
            orders,
            request: withdrawal.map(Request::Withdrawal),
        };
        client.submit(&self.trader, set).await?;
        Ok(())
    }
}
