import { readFile, writeFile } from 'node:fs/promises'
import { median } from '../../load/figures/medians.js'
import { slopeOf } from '../../load/figures/memory.js'
import { COSTS_FILE, type CostFile, type Costs, type Provenance, parseCosts } from './costs.js'
import {
  BYTES,
  type BytesReport,
  readBench,
  readBytes,
  readWork,
  type SystemRun,
  WORK,
  type WorkReport,
} from './reports.js'

/** From the reports of the benches to what one operation costs. */

const BENCH = 'docs/reports/bench'
const REST = 'docs/reports/capacity/rest.json'
/** Nodes of the questions that have several, and chats of a session that resumes (bench/load/questions). */
const NODES = 2
const CHATS_RESUMED = 5
const RATES = ['Parley, 1,000/s', 'Parley, 2,000/s', 'Parley, 5,000/s', 'Parley, 10,000/s']
const LIST = 'list of chats, 8'
const MICROS = 'µs'
const LEAST = 'least of all rounds, because what else runs on the machine can only add to it'

type Part = 'nodes' | 'postgres' | 'redis'

/** Reads all costs anew and keeps what was assumed. Gives a line that says so. */
export async function deriveCosts(): Promise<string> {
  const { assumptions } = parseAssumptions(await readFile(COSTS_FILE, 'utf8'))
  const text = JSON.stringify({ costs: await costsOfReports(), assumptions }, null, 1)
  parseCosts(text)
  await writeFile(COSTS_FILE, `${text}\n`)
  return COSTS_FILE
}

/** What the reports in the repository amount to. */
export async function costsOfReports(): Promise<Costs> {
  const [closedLoop, rates, bigChat, connects, resumes, idle, rest, bytes, work] = await Promise.all([
    readBench(`${BENCH}/closed-loop.json`),
    readBench(`${BENCH}/rates.json`),
    readBench(`${BENCH}/big-chat.json`),
    readBench(`${BENCH}/connects.json`),
    readBench(`${BENCH}/resumes.json`),
    readBench(`${BENCH}/idle.json`),
    readBench(REST),
    readBytes(),
    readWork(),
  ])
  const fromClosedLoop = provenanceOf(`${BENCH}/closed-loop.json`, closedLoop.run)
  const fromRates = provenanceOf(`${BENCH}/rates.json`, rates.run)
  const fromBigChat = provenanceOf(`${BENCH}/big-chat.json`, bigChat.run)
  const fromConnects = provenanceOf(`${BENCH}/connects.json`, connects.run)
  const fromResumes = provenanceOf(`${BENCH}/resumes.json`, resumes.run)
  const fromIdle = provenanceOf(`${BENCH}/idle.json`, idle.run)
  const fromRest = provenanceOf(REST, rest.run)

  const curveOf = (part: Part, of: string) => ({
    ...{ unit: MICROS, of },
    points: RATES.map((name): [number, number] => {
      const runs = rates.runs(name)
      return [rounded(perSecondOf(runs) / NODES), rounded(costOf(runs, part))]
    }),
    from: fromRates(`costs.${part} by perSecond of each of ${NODES} nodes, medians`),
  })
  const storm = (part: Part) => ({
    connect: costOf(connects.runs('Parley'), part),
    resume: costOf(resumes.runs('Parley'), part),
  })
  /** One more chat of a session that comes: what a resume of five costs more than a connect with one. */
  const chatOf = (part: Part) => (storm(part).resume - storm(part).connect) / (CHATS_RESUMED - 1)
  const session = (part: Part, name: string) => ({
    ...{ unit: MICROS, of: `${name}: a session connects and joins one chat` },
    value: rounded(storm(part).connect),
    from: fromConnects(`costs.${part}, median of the runs`),
  })
  const chat = (part: Part, name: string) => ({
    ...{ unit: MICROS, of: `${name}: each chat more that a session joins or resumes` },
    value: rounded(chatOf(part)),
    from: fromResumes(
      `costs.${part} of a resume with ${CHATS_RESUMED} chats less the connect of connects.json, divided by ${CHATS_RESUMED - 1}`,
    ),
  })
  const list = (part: Part, name: string) => ({
    ...{ unit: MICROS, of: `${name}: one list of 20 chats by REST` },
    value: rounded(costOf(rest.runs(LIST), part)),
    from: fromRest(`costs.${part} of "${LIST}"`),
  })
  const samples = idle.runs('Parley').flatMap((one) => one.samples ?? [])

  return {
    messageNode: {
      ...{
        unit: MICROS,
        of: 'nodes: a message in a chat of two on two nodes, its reply and both pushes included',
      },
      value: rounded(costOf(closedLoop.runs('Parley'), 'nodes')),
      from: fromClosedLoop('costs.nodes, median of the runs'),
    },
    deliveryNode: {
      ...{ unit: MICROS, of: 'nodes: one delivery more of a message' },
      value: rounded(costOf(bigChat.runs('Parley'), 'nodes')),
      from: fromBigChat('costs.nodes, median of the runs'),
    },
    sessionNode: session('nodes', 'nodes'),
    chatNode: chat('nodes', 'nodes'),
    listNode: list('nodes', 'nodes'),
    messagePostgres: curveOf('postgres', 'Postgres: a message, by messages a second of each node'),
    sessionPostgres: session('postgres', 'Postgres'),
    chatPostgres: chat('postgres', 'Postgres'),
    listPostgres: list('postgres', 'Postgres'),
    messageRedis: curveOf('redis', 'Redis: a message to two nodes, by messages a second of each node'),
    sessionRedis: session('redis', 'Redis'),
    nodeMemory: {
      ...{ unit: 'bytes', of: 'a node without sessions' },
      value: samples[0]?.[1] ?? Number.NaN,
      from: fromIdle('the first sample'),
    },
    sessionMemory: {
      ...{ unit: 'bytes', of: 'a node: one session more that stands in a chat' },
      value: rounded(slopeOf(samples)),
      from: fromIdle('the slope of the line through all samples'),
    },
    sessionsMeasured: {
      ...{ unit: 'sessions', of: 'the most that one node has had in a bench' },
      value: samples.at(-1)?.[0] ?? Number.NaN,
      from: fromIdle('the last sample'),
    },
    listBytes: {
      ...{ unit: 'bytes', of: 'the answer to one list of 20 chats' },
      value: rounded(median(rest.runs(LIST).map(({ bytes = 0, took }) => bytes / (took?.count ?? 0))) ?? 0),
      from: fromRest(`bytes of "${LIST}", divided by its answers`),
    },
    ...costsOfWork(work),
    ...costsOfBytes(bytes),
  }
}

/** A cost of a report, with where it stands in it. */
function oneOf(from: (read: string) => Provenance) {
  return (unit: string, of: string, value: number, read: string) => ({
    ...{ unit, of, value: rounded(value), from: from(read) },
  })
}

function costsOfWork({ run, sessions, fanOut }: WorkReport) {
  const one = oneOf(provenanceOf(WORK, run))
  const micros = (of: string, values: readonly number[], read: string) =>
    one(MICROS, of, Math.min(...values), `${read}, ${LEAST}`)
  const slope = (part: 'redis' | 'listener') =>
    slopeOf(
      fanOut.runs.map(({ subscribers, rounds }) => [
        subscribers,
        Math.min(...rounds.map((round) => round[part])),
      ]),
    )
  const { rounds } = sessions.sweeps
  return {
    receiptNode: one(
      MICROS,
      'nodes: one node more that a publish comes to, the client of Redis alone',
      slope('listener'),
      `fanOut: slope of listener by subscribers, each the ${LEAST}`,
    ),
    pingNode: micros(
      'nodes: a ping of a session and its reply',
      sessions.pings.map(({ node }) => node),
      'sessions.pings',
    ),
    lookNode: micros(
      'nodes: one chat of a sweep, in slices of 1,000',
      rounds.map(({ node }) => node),
      'sessions.sweeps.rounds.node',
    ),
    lookPostgres: micros(
      'Postgres: one chat of a sweep, in slices of 1,000',
      rounds.map(({ postgres }) => postgres),
      'sessions.sweeps.rounds.postgres',
    ),
    deliveryRedis: one(
      MICROS,
      'Redis: one node more that a publish goes to',
      slope('redis'),
      `fanOut: slope of redis by subscribers, each the ${LEAST}`,
    ),
  }
}

function costsOfBytes({ run, frames, tables, kernel }: BytesReport) {
  const one = oneOf(provenanceOf(BYTES, run))
  const frame = (of: string, name: keyof typeof frames) => one('bytes', of, frames[name], `frames.${name}`)
  const sizeOf = (rows: typeof tables.empty, name: string) => rows.find((row) => row.name === name)
  const perRow = (name: string, rows: number) => {
    const size = sizeOf(tables.empty, name)
    return ((size?.heap ?? Number.NaN) + (size?.indexes ?? Number.NaN)) / rows
  }
  const { short, long, cold } = tables
  const heapOf = (filled: typeof short) => (sizeOf(filled.sizes, 'messages')?.heap ?? 0) / filled.messages
  const fill = `tables.short: ${short.messages.toLocaleString('en-GB')} messages by the real flush`

  return {
    socketMemory: one(
      'bytes',
      'the kernel of a node: an idle connection',
      Object.values(kernel).reduce((sum, bytes) => sum + bytes, 0),
      `kernel: the sum of ${Object.keys(kernel).join(', ')} as /proc/slabinfo has them`,
    ),
    messageHeap: one(
      'bytes',
      `a row of messages, ${short.contentBytes} bytes of content`,
      heapOf(short),
      fill,
    ),
    messageIndexes: one(
      'bytes',
      'the entries of a message in the three indexes of messages',
      (sizeOf(short.sizes, 'messages')?.indexes ?? 0) / short.messages,
      fill,
    ),
    messageContent: one(
      'bytes',
      'a row of messages: one byte more of content',
      (heapOf(long) - heapOf(short)) / (long.contentBytes - short.contentBytes),
      `tables.long and tables.short: what ${long.contentBytes - short.contentBytes} bytes more of content take`,
    ),
    messageWal: one(
      'bytes',
      'WAL of a message, pages that were written since the checkpoint',
      short.wal / short.messages,
      fill,
    ),
    messageWalCold: one(
      'bytes',
      'WAL of a message, every page for the first time since the checkpoint',
      cold.wal / cold.messages,
      `tables.cold: ${cold.messages} messages after a checkpoint`,
    ),
    chatDisk: one('bytes', 'a chat with its index', perRow('chats', tables.chats), 'tables.empty'),
    memberDisk: one(
      'bytes',
      'a member of a chat with both indexes',
      perRow('chat_members', 2 * tables.chats),
      'tables.empty',
    ),
    userDisk: one('bytes', 'a user with its index', perRow('users', 2 * tables.chats), 'tables.empty'),
    sendBytes: frame('a send of 100 bytes', 'send'),
    sendReplyBytes: frame('its reply', 'sendReply'),
    pushBytes: frame('the push of a message of 100 bytes', 'message'),
    activityBytes: frame('the push of a chat’s activity', 'activity'),
    busBytes: frame('a message on the bus', 'chatBus'),
    busActivityBytes: frame('an activity on the bus, for one member', 'userBus'),
    presenceBytes: frame('one user who comes, on the bus', 'presenceBus'),
    pingBytes: frame('a ping of a client', 'ping'),
    pongBytes: frame('its reply', 'pong'),
    helloBytes: frame('the hello of a session', 'hello'),
    joinReplyBytes: frame('the reply to a join of an empty chat of two', 'joinReply'),
  }
}

function parseAssumptions(text: string): Pick<CostFile, 'assumptions'> {
  const given: { readonly assumptions: CostFile['assumptions'] } = JSON.parse(text)
  return given
}

function provenanceOf(report: string, run: Omit<Provenance, 'report' | 'read'>) {
  const { command, commit, at, machine } = run
  return (read: string): Provenance => ({ report, read, command, commit, at, machine })
}

function costOf(runs: readonly SystemRun[], part: Part): number {
  const cost = median(runs.map(({ costs }) => costs?.[part] ?? null))
  if (cost === null) throw new Error(`there is no cost of ${part}`)
  return cost
}

function perSecondOf(runs: readonly SystemRun[]): number {
  return median(runs.map(({ perSecond }) => perSecond ?? null)) ?? Number.NaN
}

/** As exact as anybody can use it. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
