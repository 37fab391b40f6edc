import { selectDatabase } from './adapters/select.js'
import { ConfigError, faultText, loadConfig } from './config.js'
import { createLogger } from './logger.js'
import { openStore } from './store/store.js'

/**
 * Brings the schema up to date and ends: for a deployment that wants this done, and seen to succeed, before its first
 * new node. It reads the environment of a node, so that a fault in it is told here and not by the nodes. A node does
 * the same at its start, under the same lock: whoever comes second finds nothing left to do.
 */
async function main(): Promise<void> {
  const config = loadConfig(process.env)
  if (config.databaseUrl === undefined)
    throw new ConfigError(['DATABASE_URL: needed here; an embedded node migrates when it starts'])
  const logger = createLogger(config.logLevel)
  const store = await openStore(await selectDatabase(config, logger))
  await store.close()
  logger.info('the schema is up to date')
}

main().catch((error: unknown) => {
  process.stderr.write(`${faultText(error)}\n`)
  process.exitCode = 1
})
