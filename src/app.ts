import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Server as HttpServer } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import { createPgBossJobQueue } from './adapters/job-queue-pg-boss.js'
import { selectBlobs, selectBus, selectDatabase, selectReplica } from './adapters/select.js'
import { within } from './adapters/within.js'
import { createAttachments } from './chat/attachments/attachments.js'
import { createAudit } from './chat/audit.js'
import { createChanges } from './chat/changes.js'
import { ENDINGS_CHANNEL, NAMES_CHANNEL, PRESENCE_CHANNEL, parseChannel } from './chat/channels.js'
import { createChats } from './chat/chats.js'
import { createEventCommit } from './chat/commit-events.js'
import { createEdits } from './chat/edits.js'
import { createErasure } from './chat/erasure.js'
import { createEvents } from './chat/events.js'
import { createExports } from './chat/exports.js'
import { createInbox } from './chat/inbox.js'
import { createMarks } from './chat/marks.js'
import { createMembers } from './chat/members.js'
import { createMessages } from './chat/messages.js'
import { createPresence } from './chat/presence.js'
import { createReplay } from './chat/replay.js'
import { createRetention } from './chat/retention.js'
import { createSnapshots } from './chat/snapshots.js'
import { createTokenVerifier, signToken, type TokenKey } from './chat/tokens.js'
import { createUsers } from './chat/users.js'
import type { Config } from './config.js'
import { createGateway } from './gateway/server.js'
import { isLoopbackAddress } from './http/routes/page.js'
import { createHttpServer } from './http/server.js'
import { toJson } from './ops/added-up.js'
import { createMetrics } from './ops/metrics.js'
import { createOpsServer } from './ops/server.js'
import { createAdmission } from './sessions/admission.js'
import { drain } from './sessions/drain.js'
import { createEndings } from './sessions/endings.js'
import { createHub } from './sessions/hub.js'
import { createLifetimes } from './sessions/lifetimes.js'
import { createRates } from './sessions/rates.js'
import { createRooms } from './sessions/rooms.js'
import { createSessionCap } from './sessions/session-cap.js'
import { createSlowReaders } from './sessions/slow-readers.js'
import { createSubscriptions } from './sessions/subscriptions.js'
import { createSweep } from './sessions/sweep.js'
import type { Workers } from './socketio/owners.js'
import { createSocketIoDoor } from './socketio/server.js'
import { openStore } from './store/store.js'
import { OWN_TOKEN_MS, tokenKey } from './token-key.js'

const READY_MS = 800
/** How long the end waits for the last traces to be taken. */
const TRACES_MS = 2000

export interface App {
  /** Where the doors really are: port 0 in the configuration lets the system choose. */
  readonly port: number
  readonly wsPort: number
  readonly opsPort: number
  /** Ends in the reverse order of the start: nothing accepted is lost. */
  close(): Promise<void>
}

/** What a node needs of those beside it on the same ports; their supervisor tells the metrics of all. */
export interface WorkerLink extends Workers {
  onMetrics(read: () => Promise<object[]>): void
}

/** Composes one node, one of several `workers` perhaps: the lines in their order are the order of the start. */
export async function createApp(config: Config, logger: Logger, workers?: WorkerLink): Promise<App> {
  const nodeId = randomUUID()
  const version = await packageVersion()
  const metrics = createMetrics(version)
  const { figures } = metrics
  const tracing = await startTracing(config.tracing, { version, nodeId })
  const ops = createOpsServer({ host: config.host, port: config.opsPort, registry: metrics.registry })
  if (workers === undefined) await ops.listen()
  else workers.onMetrics(() => toJson(metrics.registry))
  const key = await tokenKey(config)
  const verifyToken = createTokenVerifier({ ...config.jwt, key })

  const store = await openStore(await selectDatabase(config, logger), selectReplica(config, logger))
  if (store.wasRestored) logger.warn('the database was restored from a dump: all chats start over')
  const { bus, leases, registry } = await selectBus(config, nodeId, logger)
  const { blobs, door: blobDoor } = await selectBlobs(config, logger)
  const jobs = createPgBossJobQueue({ execute: store.execute, logger })

  const users = createUsers({ store, bus })
  const events = createEvents(bus)
  const inbox = createInbox({ store, bus, logger })
  const presence = createPresence({ store, bus, leases, logger, ...config.presence })
  const messages = createMessages({
    ...{ store, events, inbox, figures, tracing, logger, commit: config.commit },
    attachmentsPerMessage: blobs === undefined ? undefined : config.attachments.perMessage,
  })
  const commitEvents = createEventCommit({ store, events })
  const edits = createEdits({ store, commitEvents, inbox })
  const changeChat = createChanges(commitEvents)
  const members = createMembers({ store, changeChat, users, inbox, presence })
  const chats = createChats({ store, changeChat, members })
  const marks = createMarks({ store, bus, chats })
  const attachments =
    blobs === undefined
      ? undefined
      : createAttachments({ ...{ store, blobs, chats, jobs, logger }, rules: config.attachments, ownUrl })
  if (attachments === undefined) logger.warn('attachments are off: several nodes, and no S3_ENDPOINT')
  const snapshots = createSnapshots({ store, members })
  const replay = createReplay(store)

  const subscriptions = createSubscriptions(bus)
  const rooms = createRooms({
    nodeId,
    bus,
    subscriptions,
    replay,
    events,
    presence,
    figures,
    tracing,
    logger,
  })
  const { sessionBufferBytes, bufferBytes } = config
  const readers = createSlowReaders({ rooms, sessionBufferBytes, bufferBytes, figures })
  const cap = createSessionCap({ registry, bus, leaseMs: config.presence.leaseMs })
  const hub = createHub({
    ...{ rooms, presence, subscriptions, readers, cap, figures, logger },
    attachmentLimits: attachments?.limits ?? { attachmentBytes: 0, attachmentsPerMessage: 0 },
  })
  users.onRenamed((user) => hub.rename(user))
  const lifetimes = createLifetimes(hub)
  const endings = await createEndings({ store, bus, hub })
  const retention = createRetention({ store, jobs, days: config.retentionDays, logger })
  const erasure = createErasure({
    ...{ store, jobs, users, members, commitEvents, inbox, logger },
    endSessions: endings.endAll,
  })
  const exports = createExports({ store, blobs, linkSeconds: config.attachments.linkSeconds, logger })
  const sweep = await createSweep({ store, bus, rooms, endings, intervalMs: config.sweepMs, logger })
  store.onReturn(sweep.now)
  const rates = createRates(config.rates)
  const admit = createAdmission({ verifyToken, users, rates, trustProxy: config.trustProxy })
  const frames = {
    bus,
    rooms,
    rates,
    chats,
    marks,
    messages,
    edits,
    snapshots,
    users,
    verifyToken,
    figures,
    logger,
  }

  bus.onMessage((channel, payload) => {
    try {
      const address = parseChannel(channel)
      if (address.kind === 'chat') rooms.receive(address.chatId, payload)
      else if (address.kind === 'user') hub.sendTo(address.userId, inbox.receive(payload))
      else if (address.kind === 'presence') presence.receive(payload)
      else if (address.kind === 'names') users.receive(payload)
      else if (address.kind === 'endings') endings.receive(payload)
    } catch (error) {
      logger.warn({ channel, error }, 'a message of the bus is not understood')
    }
  })
  await Promise.all([PRESENCE_CHANNEL, NAMES_CHANNEL, ENDINGS_CHANNEL].map(subscriptions.acquire))

  /** Where this node's HTTP door is reached from beside it. */
  function ownUrl(): string {
    const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
    return `http://${hostInUrl(host)}:${listenedPort(http.server.address(), config.port)}`
  }

  let isServing = false
  const gateway = createGateway({
    host: config.host,
    port: config.wsPort,
    isShared: workers !== undefined,
    ...{ sessionBufferBytes, admit, hub, frames, logger },
  })
  const http = await createHttpServer({
    ...{ chats, members, marks, messages, edits, users, endings, rates, attachments, verifyToken, logger },
    ...{ exports, erasure, audit: createAudit(store) },
    blobDoor: blobDoor === undefined ? undefined : { ...blobDoor, uploads: config.attachments.uploads },
    isReady: async () => isServing && (await answersSoon(store.ping)),
    corsOrigins: config.corsOrigins,
    trustProxy: config.trustProxy,
    page: config.embedded
      ? { wsPort: gateway.port, signToken: pageSigner(config, key), blobOrigin: blobOrigin(config) }
      : undefined,
    ...{ version, figures },
  })
  const socketIo = createSocketIoDoor({
    server: http.server,
    corsOrigins: config.corsOrigins,
    ...{ admit, hub, frames, attachments, workers, logger },
  })
  rooms.addDoor(gateway.door)
  rooms.addDoor(socketIo.door)

  await socketIo.listen()
  const lanes = { messages: messages.waiting, snapshots: snapshots.waiting, replay: replay.waiting }
  metrics.observe({ isDatabaseUp: store.isUp, isBusUp: () => bus.up, lanes })
  await gateway.listen()
  await http.listen({ host: config.host, port: config.port })
  jobs.start()
  isServing = true

  return {
    port: listenedPort(http.server.address(), config.port),
    wsPort: gateway.port(),
    opsPort: ops.port(),
    async close() {
      isServing = false
      gateway.stopListening()
      socketIo.stopListening()
      await drain(hub, config.drainMs)
      await messages.drain()
      // Those that came while the others went.
      hub.closeAll('goingAway')
      socketIo.close()
      await http.close()
      gateway.close()
      await messages.drain()
      retention.stop()
      erasure.stop()
      await jobs.close()
      sweep.close()
      lifetimes.close()
      cap.close()
      readers.close()
      rooms.close()
      subscriptions.close()
      await presence.close()
      inbox.close()
      await bus.close()
      await store.close()
      await ops.close()
      // What a collector that is away does not take is lost.
      await within(TRACES_MS, tracing?.close() ?? Promise.resolve()).catch(() => {})
    },
  }
}

/** Tokens for the asking only where nobody else can ask: embedded, with our own secret, on loopback. */
function pageSigner(config: Config, key: TokenKey) {
  const { issuer, audience } = config.jwt
  const isOurOwn = config.jwt.key.kind === 'embedded' && issuer === undefined && audience === undefined
  if (!isOurOwn || key.kind !== 'secret' || !isLoopbackAddress(config.host)) return undefined
  const rules = { secret: key.secret, issuer, audience, expiresInMs: OWN_TOKEN_MS }
  return (user: { sub: string; fullName: string; scope?: string | undefined }) => signToken(rules, user)
}

/** A node without a collector neither loads what traces are made with nor holds it in memory. */
async function startTracing(
  config: Config['tracing'],
  node: { readonly version: string; readonly nodeId: string },
) {
  if (config === undefined) return undefined
  const { createTracing } = await import('./ops/tracing.js')
  return createTracing({ ...config, ...node })
}

/** Where the page's images come from, when not from its own address. */
function blobOrigin({ blobs }: Config): string | undefined {
  return blobs.kind === 's3' ? new URL(blobs.publicEndpoint).origin : undefined
}

/** An IPv6 address needs brackets there. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function listenedPort(address: ReturnType<HttpServer['address']>, configured: number): number {
  return address === null || typeof address === 'string' ? configured : address.port
}

/** Before whoever asks gives up: an orchestrator waits for a second. */
async function answersSoon(ping: () => Promise<void>): Promise<boolean> {
  return await within(READY_MS, ping()).then(
    () => true,
    () => false,
  )
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
