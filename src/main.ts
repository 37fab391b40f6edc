import { createApp, hostInUrl } from './app.js'
import { type Config, ConfigError, loadConfig } from './config.js'
import { createLogger } from './logger.js'

/** The process: reads the configuration, starts one node, closes it once on a signal. */
async function main(): Promise<void> {
  const config = loadConfig(process.env)
  const logger = createLogger(config.logLevel)
  const app = await createApp(config, logger)
  logger.info(
    { port: app.port, wsPort: app.wsPort, opsPort: app.opsPort, embedded: config.embedded },
    'ready',
  )
  if (config.embedded) welcome(config, app)

  let closing = false
  const close = (signal: NodeJS.Signals) => {
    if (closing) process.exit(1)
    closing = true
    logger.info({ signal }, 'closing')
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ error }, 'could not close in good order')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
}

/** What a newcomer needs next, for people: the log has the same as JSON. */
function welcome(config: Config, { port, wsPort }: { port: number; wsPort: number }): void {
  const host = hostInUrl(config.host)
  process.stdout.write(`
  Parley is running, embedded: its data is in ${config.dataDir}.

    page         http://${host}:${port}/            two people and an order
    REST         http://${host}:${port}/openapi.json
    WebSocket    ws://${host}:${wsPort}/ws
    Socket.IO    http://${host}:${port}/chat

  A first step, in another terminal:

    TOKEN=$(npm run --silent token -- --sub ann --name "Ann Lee")
    curl -H "Authorization: Bearer $TOKEN" http://${host}:${port}/chats

`)
}

main().catch((error: unknown) => {
  const message =
    error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${message}\n`)
  process.exit(1)
})
