import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { becomes } from '../../engines/until.js'
import { createBackend } from './backend.js'
import { createDeeds } from './deeds.js'
import { createTalk, type TalkOptions } from './talk.js'
import type { Person } from './world.js'

const TICK_MS = 20
/** Things under way that may wait for an answer: beyond, people wait with the next. */
const UNDER_WAY_MOST = 2_000
/** How often one of these is done, in milliseconds on average. */
const MEMBER_EVERY_MS = 800
const CLOSE_EVERY_MS = 4_000
const ABSENCE_EVERY_MS = 1_500
const ABSENCE_MS = [1_000, 12_000] as const

export interface WorkloadOptions extends TalkOptions {
  /** Messages a second. */
  readonly rate: number
}

/** What people and the marketplace do, at a steady rate for as long as there is no fault in the way. */
export function createWorkload(options: WorkloadOptions) {
  const { world, random, history, rate } = options
  const talk = createTalk(options)
  const deeds = createDeeds(options)
  const backend = createBackend(options)
  const underWay = new Set<Promise<unknown>>()
  const absent = new Set<Person>()
  const end = new AbortController()
  setMaxListeners(0, end.signal)

  function begin(deed: Promise<unknown>): void {
    underWay.add(deed)
    void deed.finally(() => underWay.delete(deed))
  }

  /** One message, and now and then something beside it. */
  function act(): void {
    if (underWay.size >= UNDER_WAY_MOST) return
    const chat = random.pick(world.chats)
    const isStranger = random.chance(0.01)
    const person = random.pick(isStranger ? world.people : [...chat.members])
    begin(talk.say(person, chat))
    if (random.chance(0.08)) begin(deeds.read(person, chat))
    if (random.chance(0.04)) begin(deeds.type(person, chat))
    if (random.chance(0.05)) begin(deeds.edit(chat))
    if (random.chance(0.02)) begin(deeds.delete(chat))
    if (random.chance(0.01)) deeds.leaveChat(person, chat)
  }

  async function beAbsent(): Promise<void> {
    const person = random.pick(world.people)
    if (absent.has(person)) return
    absent.add(person)
    await Promise.all(person.sessions.map((session) => session.stop()))
    await delay(random.between(...ABSENCE_MS), undefined, { signal: end.signal }).catch(() => {})
    for (const session of person.sessions) session.start()
    absent.delete(person)
  }

  /** On average so often, while the clock ticks. */
  function everySoOften(ms: number, deed: () => Promise<unknown>): void {
    if (random.chance(TICK_MS / ms)) begin(deed())
  }

  const sessions = world.people.flatMap((person) => person.sessions)

  return {
    sessions,

    /** @throws when not all sessions stand in their chats within the time, in milliseconds */
    async arrive(withinMs: number): Promise<void> {
      for (const session of sessions) session.start()
      if (!(await becomes(() => sessions.every((session) => session.isUp()), withinMs)))
        throw new Error('not all sessions could join before the first fault')
    },

    /** Until `until`, in milliseconds of the record; at the end all look at their chats. */
    async run(until: number, signal: AbortSignal): Promise<void> {
      let due = 0
      for (let last = history.now(); last < until && !signal.aborted; ) {
        await delay(TICK_MS)
        const now = history.now()
        due += ((now - last) / 1000) * rate
        last = now
        for (; due >= 1; due--) act()
        everySoOften(MEMBER_EVERY_MS, () => backend.moveMember(random.pick(world.chats)))
        everySoOften(CLOSE_EVERY_MS, () => backend.closeForAWhile(random.pick(world.chats)))
        everySoOften(ABSENCE_EVERY_MS, beAbsent)
      }
      end.abort()
      // Where everybody's own words are not the last, it shows whether a mark was kept.
      for (const chat of world.chats) for (const person of chat.members) begin(deeds.read(person, chat))
    },

    /** Requests and absences that have not come to their end. */
    underWay: () => underWay.size,
    /** Sessions that want to be connected and in their chats, and are not. */
    down: () => sessions.filter((session) => session.isWanted() && !session.isUp()).length,
  }
}

export type Workload = ReturnType<typeof createWorkload>
