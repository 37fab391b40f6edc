import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { type Config, faultText, loadConfig } from './config.js'
import { createLogger } from './logger.js'
import { createOpsServer } from './ops/server.js'
import { startWorkers } from './workers/supervisor.js'
import { createWorkerLink } from './workers/worker.js'

/** The process: reads the configuration, runs one node, or several as workers, and closes once on a signal. */
async function main(): Promise<void> {
  const config = loadConfig(process.env)
  const logger = createLogger(config.logLevel)
  if (config.workers === undefined) await runNode(config, logger)
  else if (cluster.isPrimary) await supervise(config, config.workers, logger)
  else await runWorker(config, logger)
}

/** A second of work, and most of a node's memory: not for a supervisor, nor before the configuration is known to be good. */
async function loadApp() {
  return await import('./app.js')
}

async function runNode(config: Config, logger: Logger): Promise<void> {
  const { createApp, hostInUrl } = await loadApp()
  const app = await createApp(config, logger)
  logger.info(
    { port: app.port, wsPort: app.wsPort, opsPort: app.opsPort, embedded: config.embedded },
    'ready',
  )
  if (config.embedded) welcome(config.dataDir, hostInUrl(config.host), app)
  const end = closeOnce(logger, app.close)
  onSignals((signal, isAgain) => (isAgain ? process.exit(1) : end(signal)))
}

async function supervise({ host, opsPort }: Config, count: number, logger: Logger): Promise<void> {
  const { port, wsPort, metrics, close, kill } = await startWorkers(count, logger)
  const ops = createOpsServer({ host, port: opsPort, registry: metrics })
  await ops.listen()
  logger.info({ port, wsPort, workers: count }, 'ready')
  const end = closeOnce(logger, async () => {
    const isCalm = await close()
    await ops.close()
    if (!isCalm) throw new Error('a worker did not end in good order')
  })
  onSignals((signal, isAgain) => {
    if (!isAgain) return end(signal)
    kill()
    process.exit(1)
  })
}

async function runWorker(config: Config, logger: Logger): Promise<void> {
  const link = createWorkerLink()
  const own = logger.child({ worker: link.self })
  // A terminal sends SIGINT to all of its processes: it is the supervisor that decides.
  process.on('SIGINT', () => {})
  // While it starts it has nothing to lose.
  link.onClose(() => process.exit(0))
  const { createApp } = await loadApp()
  const app = await createApp(config, own, link)
  const end = closeOnce(own, app.close)
  link.onClose(() => end('supervisor'))
  process.on('SIGTERM', end)
  own.info({ port: app.port, wsPort: app.wsPort }, 'ready')
  link.ready(app.port, app.wsPort)
}

function onSignals(act: (signal: NodeJS.Signals, isAgain: boolean) => void): void {
  let isAgain = false
  const hear = (signal: NodeJS.Signals) => {
    act(signal, isAgain)
    isAgain = true
  }
  process.on('SIGTERM', hear)
  process.on('SIGINT', hear)
}

/** Ends the process when it has closed: with 0 in good order, else with 1. Asked twice it closes once. */
function closeOnce(logger: Logger, close: () => Promise<void>): (why: string) => void {
  let isClosing = false
  return (why) => {
    if (isClosing) return
    isClosing = true
    logger.info({ why }, 'closing')
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ error }, 'could not close in good order')
        process.exit(1)
      },
    )
  }
}

/** What a newcomer needs next, for people: the log has the same as JSON. */
function welcome(dataDir: string, host: string, { port, wsPort }: { port: number; wsPort: number }): void {
  process.stdout.write(`
  Parley is running, embedded: its data is in ${dataDir}.

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
  process.stderr.write(`${faultText(error)}\n`)
  process.exit(1)
})
