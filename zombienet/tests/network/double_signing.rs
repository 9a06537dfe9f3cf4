//! One validator's keys in two nodes: it makes two blocks in a slot, and sooner or later votes for
//! two blocks in one round of finality. It is punished as docs/validators.md says, once.

use anyhow::{Result, ensure};
use clearproof_network::{
    definition::Definition,
    scene::scene,
    validators::{Offence, Validators},
};
use clearproof_testing::venue::until_within;
use std::time::Duration;
use subxt_signer::sr25519::dev;
use tokio::time;

/// One of four that commits an offence loses `(3/4)²` of its bond, in hundredths of a percent.
const SLASHED: u128 = 5_625;
/// A slot.
const SLOT: Duration = Duration::from_secs(3);
/// The twin has to synchronise, and then a slot to come that is Dave's.
const TWO_BLOCKS: Duration = Duration::from_secs(3 * 60);
/// The two vote alike in most rounds.
const TWO_VOTES: Duration = Duration::from_secs(10 * 60);
/// A session is ten minutes, and the busy machine may miss some slots.
const SESSION: Duration = Duration::from_secs(15 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_runs_twice_is_slashed_disabled_and_expelled() -> Result<()> {
    scene(Definition::Four, async |stage| {
        stage.nodes.finalised("full", 2).await?;
        let dave = dev::dave().public_key().to_account_id();
        let validators = Validators::connect(&stage.nodes.url("full")?).await?;
        let before = validators.now().await?;
        let bond = before.bond_of(&dave).await?;
        ensure!(before.members().await?.contains(&dave), "Dave is no member");
        ensure!(before.disabled().await?.is_empty(), "somebody is disabled");

        // Both author in every slot that is Dave's. They vote alike as long as they know the same
        // blocks: finality is a little behind the newest ones.
        stage.nodes.add_with_keys_of("twin", "dave").await?;
        let slashed = until_within(TWO_BLOCKS, "a report of two blocks", || async {
            let now = validators.now().await?;
            Ok(now.has_seen(Offence::TWO_BLOCKS).await?.then_some(now))
        })
        .await?;
        ensure!(slashed.bond_of(&dave).await? < bond, "it cost nothing");

        // Disabled, it authors no more, but votes as before.
        let slashed = until_within(TWO_VOTES, "a report of two votes", || async {
            // Behind by a slot, the twin votes for what it knows, and so for another block than
            // Dave in the same round.
            stage.nodes.pause("twin").await?;
            time::sleep(SLOT).await;
            stage.nodes.resume("twin").await?;
            time::sleep(SLOT).await;
            let now = validators.now().await?;
            Ok(now.has_seen(Offence::TWO_VOTES).await?.then_some(now))
        })
        .await?;
        stage.nodes.stop("twin").await?;
        // Both in one session are punished once.
        let left = slashed.bond_of(&dave).await?;
        ensure!(
            left == bond - bond * SLASHED / 10_000,
            "{left} of {bond} is left"
        );
        ensure!(slashed.is_offender(&dave).await?, "no offence is noted");
        let disabled = slashed.disabled().await?;
        ensure!(disabled == [dave], "disabled: {disabled:?}");

        // The others are not, and finality goes on.
        let alice = dev::alice().public_key().to_account_id();
        ensure!(
            slashed.bond_of(&alice).await? == bond,
            "Alice lost something"
        );
        let height = stage.nodes.finalised("full", 0).await?;
        stage.nodes.finalised("full", height + 3).await?;

        // The next session begins without it in the set.
        let expelled = until_within(SESSION, "the next session", || async {
            let now = validators.now().await?;
            Ok((!now.members().await?.contains(&dave)).then_some(now))
        })
        .await?;
        let members = expelled.members().await?;
        ensure!(members.len() == 3, "{} members are left", members.len());
        ensure!(expelled.bond_of(&dave).await? == left, "slashed twice");
        Ok(())
    })
    .await
}
