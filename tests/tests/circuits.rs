//! A venue changes to other keys at a batch of its owner's choice, and its operator with it.
#![allow(clippy::unwrap_used)]

use anyhow::{Result, ensure};
use clearproof_client::chain::circuits::RegisteredCircuit;
use clearproof_client::chain::{Call, calls};
use clearproof_groth16::{BackendKind, KeyStore, Origin, Silent};
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    chain::NextCircuit,
    ids::{BatchNumber, CircuitId},
    order::Side,
    shape::Shape,
};
use clearproof_proving::{BatchProver, VerifyingKeys, default_key_folder};
use clearproof_testing::venue::Person;
use clearproof_tests::network::{Network, until};
use std::{
    fs,
    path::{Path, PathBuf},
};
use subxt_signer::sr25519::dev;

const DEPOSIT: u64 = 50_000_000;
/// Numbers that no development circuit has.
const SINGLE_PARTY: CircuitId = CircuitId::new(70);
const DEVELOPMENT: CircuitId = CircuitId::new(71);

/// Registers the keys of an origin under a number, and says from which batch on the venue proves
/// with them.
async fn change_to(
    network: &Network,
    number: CircuitId,
    keys: VerifyingKeys,
    development: bool,
    from_batch: BatchNumber,
) -> Result<()> {
    let circuit = RegisteredCircuit {
        number,
        version: PROTOCOL_VERSION,
        shape: Shape::SMALL,
        development,
        chunk_key: keys.chunk,
        closing_key: keys.closing,
    };
    let register = Call::Sudo(Box::new(calls::register_circuit(&circuit)));
    network.chain.submit(&dev::alice(), &register).await?;
    ensure!(
        network.chain.circuit(number).await?.as_ref() == Some(&circuit),
        "circuit {number} is not what was registered"
    );
    let next = NextCircuit {
        circuit: number,
        from_batch,
    };
    let change = calls::set_next_circuit(network.id, Some(next));
    // The venue's owner and its operator's account; nothing is under way, so the operator signs
    // nothing meanwhile.
    network.chain.submit(&dev::dave(), &change).await?;
    Ok(())
}

/// Both trade, to `lots` for the buyer.
async fn trade(network: &Network, people: &mut [Person; 2], id: u32, lots: i64) -> Result<()> {
    let client = network.client().await?;
    let [buyer, seller] = people;
    buyer.order(&client, id, Side::Buy, 25).await?;
    seller.order(&client, id, Side::Sell, 25).await?;
    buyer.holds(&client, lots).await
}

/// The venue's circuit and its last batch, once nothing is under way.
async fn at_rest(network: &Network) -> Result<(CircuitId, BatchNumber)> {
    let client = network.client().await?;
    let (batch, _) = network.at_rest(&client).await?;
    Ok((network.on_chain().await?.circuit, batch))
}

/// Files of the folder whose names end so, into another.
fn copy(from: &Path, to: &Path, ending: &str) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().ends_with(ending) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_its_keys_where_the_venue_does() -> Result<()> {
    let mut network = Network::start().await?;
    let mut people = network.two_depositors(DEPOSIT).await?;
    trade(&network, &mut people, 1, 25).await?;
    let (_, first) = at_rest(&network).await?;

    // Keys of a party of its own, which the operator does not have yet.
    let made = tempfile::tempdir()?;
    let load = |folder: &Path, origin| {
        let store = KeyStore::new(folder);
        BatchProver::load(&Shape::SMALL, &store, origin, BackendKind::Cpu, &Silent)
    };
    let single_party = load(made.path(), Origin::SingleParty)?.verifying_keys();
    let development = load(&default_key_folder(), Origin::Development)?.verifying_keys();
    let keys = tempfile::tempdir()?;
    copy(&default_key_folder(), keys.path(), "-development.key")?;
    network.stop_operator().await?;
    network.keys = keys.path().into();
    network.start_operator()?;

    // It says which files are missing, at the first batch that wants them and not before.
    change_to(
        &network,
        SINGLE_PARTY,
        single_party.clone(),
        false,
        first.next().next(),
    )
    .await?;
    trade(&network, &mut people, 2, 50).await?;
    let settled = at_rest(&network).await?;
    ensure!(settled.1 == first.next(), "{settled:?} after batch {first}");
    trade(&network, &mut people, 3, 75).await?;
    network.ended().await;
    let log = fs::read_to_string(network.log())?;
    ensure!(
        log.contains("-single-party.key: put the file there"),
        "nothing of the missing key in {log}"
    );
    // Other keys of the same kind are not taken for those that are registered.
    load(keys.path(), Origin::SingleParty)?;
    network.start_operator()?;
    network.ended().await;
    let log = fs::read_to_string(network.log())?;
    let others = format!("checked with the keys of circuit {SINGLE_PARTY}");
    ensure!(log.contains(&others), "nothing of the other keys in {log}");

    copy(made.path(), keys.path(), "-single-party.key")?;
    network.start_operator()?;
    let changed = until("the batch with other keys", || async {
        let venue = network.on_chain().await?;
        Ok((venue.batches > first.next()).then_some(venue.circuit))
    });
    ensure!(changed.await? == SINGLE_PARTY, "proven with other keys");

    // With both keys at hand it changes while it runs.
    let (_, last) = at_rest(&network).await?;
    change_to(&network, DEVELOPMENT, development, true, last.next()).await?;
    trade(&network, &mut people, 4, 100).await?;
    let (circuit, batch) = at_rest(&network).await?;
    ensure!(batch > last, "nothing settled after batch {last}");
    ensure!(circuit == DEVELOPMENT, "circuit {circuit} at batch {batch}");
    network.stop_operator().await
}
