//! Runs the subcommands.

use crate::{
    chain_spec,
    cli::{ChainSpecTemplateCmd, Cli, Subcommand, TryUpgrade},
    client::{FullBackend, FullClient},
    service, upgrade,
};
use clearproof_runtime::{BlockNumber, opaque::Block};
use sc_cli::{Error, Result, SubstrateCli};
use sp_runtime::BuildStorage;
use std::{io::Write, sync::Arc};

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Clearproof Node".into()
    }

    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "the Clearproof developers".into()
    }

    fn support_url() -> String {
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues").into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn sc_service::ChainSpec>, String> {
        Ok(Box::new(chain_spec::load(id)?))
    }
}

/// Reads the command line and runs the command.
///
/// # Errors
///
/// If the command fails.
pub fn run() -> Result<()> {
    let cli = Cli::from_args();
    match &cli.subcommand {
        None => cli
            .create_runner(&cli.run)?
            .run_node_until_exit(|config| async move {
                service::new_full(config).map_err(Error::Service)
            }),
        Some(Subcommand::Key(cmd)) => cmd.run(&cli),
        Some(Subcommand::ExportChainSpec(cmd)) => {
            cmd.run(Box::new(chain_spec::load_to_export(&cmd.chain)?))
        }
        Some(Subcommand::ChainSpecTemplate(cmd)) => write_template(cmd),
        Some(Subcommand::CheckBlock(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let parts = service::new_partial(&config)?;
            Ok((
                cmd.run(parts.client, parts.import_queue),
                parts.task_manager,
            ))
        }),
        Some(Subcommand::ExportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let parts = service::new_partial(&config)?;
            Ok((cmd.run(parts.client, config.database), parts.task_manager))
        }),
        Some(Subcommand::ExportState(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let parts = service::new_partial(&config)?;
            Ok((cmd.run(parts.client, config.chain_spec), parts.task_manager))
        }),
        Some(Subcommand::ImportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let parts = service::new_partial(&config)?;
            Ok((
                cmd.run(parts.client, parts.import_queue),
                parts.task_manager,
            ))
        }),
        Some(Subcommand::TryUpgrade(arguments)) => try_upgrade(arguments),
        Some(Subcommand::PurgeChain(cmd)) => cli
            .create_runner(cmd)?
            .sync_run(|config| cmd.run(config.database)),
        Some(Subcommand::Revert(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
            let parts = service::new_partial(&config)?;
            let revert = cmd.run(
                parts.client,
                parts.backend,
                Some(Box::new(revert_consensus)),
            );
            Ok((revert, parts.task_manager))
        }),
        Some(Subcommand::ChainInfo(cmd)) => cli
            .create_runner(cmd)?
            .sync_run(|config| cmd.run::<Block>(&config)),
        #[cfg(feature = "runtime-benchmarks")]
        Some(Subcommand::Benchmark(cmd)) => benchmark(&cli, cmd),
    }
}

/// Takes back the state that both consensus engines keep beside the blocks.
fn revert_consensus(
    client: Arc<FullClient>,
    backend: Arc<FullBackend>,
    blocks: BlockNumber,
) -> Result<()> {
    sc_consensus_babe::revert(client.clone(), backend, blocks)?;
    sc_consensus_grandpa::revert(client, blocks)?;
    Ok(())
}

fn try_upgrade(arguments: &TryUpgrade) -> Result<()> {
    // The runtime logs what it checks and what it finds.
    sc_cli::LoggerBuilder::new("info").init()?;
    let failed = |error: upgrade::UpgradeError| Error::Application(Box::new(error));
    let runtime = upgrade::read(&arguments.runtime).map_err(failed)?;
    let state = chain_spec::load_to_rehearse(&arguments.chain)?.build_storage()?;
    println!("{}", upgrade::rehearse(state, runtime).map_err(failed)?);
    Ok(())
}

fn write_template(cmd: &ChainSpecTemplateCmd) -> Result<()> {
    let template = chain_spec::template::production()?;
    let text = format!("{template:#}\n");
    match &cmd.output {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| format!("--output {}: {error}", path.display()).into()),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}

#[cfg(feature = "runtime-benchmarks")]
fn benchmark(cli: &Cli, cmd: &frame_benchmarking_cli::BenchmarkCmd) -> Result<()> {
    use crate::executor::OwnHostFunctions;
    use frame_benchmarking_cli::{BenchmarkCmd, SUBSTRATE_REFERENCE_HARDWARE};
    use sp_runtime::traits::HashingFor;

    let runner = cli.create_runner(cmd)?;
    runner.sync_run(|config| match cmd {
        // The command adds the SDK's host functions, and those of benchmarks, itself.
        BenchmarkCmd::Pallet(cmd) => {
            cmd.run_with_spec::<HashingFor<Block>, OwnHostFunctions>(Some(config.chain_spec))
        }
        BenchmarkCmd::Block(cmd) => cmd.run(service::new_partial(&config)?.client),
        BenchmarkCmd::Machine(cmd) => cmd.run(&config, SUBSTRATE_REFERENCE_HARDWARE.clone()),
        BenchmarkCmd::Storage(_) | BenchmarkCmd::Overhead(_) | BenchmarkCmd::Extrinsic(_) => {
            Err("this node offers the benchmarks pallet, block and machine".into())
        }
    })
}
