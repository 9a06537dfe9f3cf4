//! An honest batch made here, without the operator: what the forgeries differ from in one thing
//! each. That the chain takes it in the end shows that it refused the forgeries for that one thing.

use anyhow::{Context, Result, bail, ensure};
use clearproof_client::chain::{Chain, calls};
use clearproof_engine::{BatchRequest, DepositReceived, Venue, VenueConfig};
use clearproof_operator::{core::random_field, proving::submission};
use clearproof_primitives::{
    babyjubjub::PublicKey,
    batch::genesis_field,
    field::FieldBytes,
    ids::{CircuitId, VenueId},
    submission::Batch,
    time::Millis,
};
use clearproof_proving::BatchProver;
use subxt_signer::sr25519::Keypair;

/// Two venues in the same state, with the same deposit waiting at each.
pub struct Twins {
    /// Owner and operator of both.
    pub signer: Keypair,
    /// The one that the honest batch is of.
    pub venue: VenueId,
    /// The other one.
    pub twin: VenueId,
}

impl Twins {
    /// Founds both in one block and deposits the same to both.
    ///
    /// # Errors
    /// The chain refuses.
    pub async fn found(
        chain: &Chain,
        signer: Keypair,
        circuit: CircuitId,
        amount: u64,
        owner: &PublicKey,
    ) -> Result<Self> {
        let found = calls::create_venue(&[signer.public_key().0], circuit);
        let both = calls::Call::All(vec![found.clone(), found]);
        let included = chain
            .submit(&signer, &both)
            .await
            .context("two more venues")?;
        let ids: Vec<_> = included.created_venues().collect();
        let [venue, twin] = ids[..] else {
            bail!("the chain does not say which venues it founded");
        };
        let key = owner.compress();
        let deposits = [venue, twin].map(|id| calls::deposit(id, 0, amount, key));
        let deposits = calls::Call::All(deposits.into());
        chain
            .submit(&signer, &deposits)
            .await
            .context("the same deposit at both")?;
        let twins = Self {
            signer,
            venue,
            twin,
        };
        let (one, other) = (chain.venue(venue).await?, chain.venue(twin).await?);
        let (one, other) = one.zip(other).context("the chain forgot the two venues")?;
        let same = one.state_root == other.state_root
            && one.time_to == other.time_to
            && one.queue == other.queue;
        ensure!(same, "venues {venue} and {twin} are not in the same state");
        Ok(twins)
    }

    /// A batch of the first venue that takes its deposits.
    ///
    /// # Errors
    /// The chain has no snapshot, or the batch cannot be proven.
    pub async fn honest_batch(&self, chain: &Chain, prover: &BatchProver) -> Result<Batch> {
        let view = chain.venue(self.venue).await?;
        let view = view.context("the chain forgot the venue")?;
        let snapshot = chain.snapshot(None).await?;
        let snapshot = snapshot.context("the chain has taken no snapshot")?;
        let config = VenueConfig {
            shape: view.shape,
            id: self.venue,
            genesis: genesis_field(&chain.genesis()),
        };
        let mut venue = Venue::new(config);
        let time = snapshot
            .info
            .taken_at
            .max(view.time_to.saturating_add(Millis::new(1)));
        venue.open_batch(snapshot.snapshot, &snapshot.info, time)?;
        for (number, queued) in (1..).zip(chain.queued_deposits(self.venue, 0).await?) {
            let (_, queued) = queued;
            venue.deposit(&DepositReceived {
                number,
                deposit: queued.deposit,
                owner: PublicKey::from_compressed(&queued.owner)?,
            })?;
        }
        let closed = venue.close_batch(&BatchRequest {
            time_to: time,
            genesis: chain.genesis(),
            submitter: self.signer.public_key().0,
            salt_seed: random_field().to_fr()?,
        })?;
        let prover = prover.clone();
        let proven = tokio::task::spawn_blocking(move || {
            let proven = prover.prove(&closed, |_, _| ())?;
            anyhow::Ok(submission(&closed, &proven)?)
        });
        proven.await?
    }

    /// Settles the honest batch, and answers the venue's root on the chain and the one in the
    /// batch.
    ///
    /// # Errors
    /// The chain refuses it.
    pub async fn settle(&self, chain: &Chain, batch: &Batch) -> Result<[FieldBytes; 2]> {
        let call = calls::submit_batch(batch);
        let settled = chain.submit(&self.signer, &call).await;
        settled.context("the honest batch that the forgeries were made of")?;
        let view = chain.venue(self.venue).await?;
        let view = view.context("the chain forgot the venue")?;
        Ok([view.state_root, batch.header.new_root])
    }
}
