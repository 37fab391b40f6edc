import type { OpenChat } from 'parley'
import { type Cell, createCell } from '../cell.js'
import { firstName, type Side, type Sides } from '../phones/side.js'
import { faultsIn, newestSeq, type Watch, waitingIn } from './watch.js'

const KEPT = 40

export interface LogEntry {
  readonly id: number
  readonly at: Date
  readonly who: Side['person']['sub']
  readonly kind: 'pulled' | 'back' | 'whole' | 'torn'
  readonly text: string
}

/** What a phone that was just plugged in has to catch up with. */
interface Arrears {
  readonly since: number
  readonly waiting: ReadonlySet<string>
  readonly targets: readonly { readonly chat: OpenChat; readonly seq: number }[]
  readonly received: number
}

export interface Outages {
  readonly log: Cell<readonly LogEntry[]>
  pull(side: Side): void
  putBack(side: Side): void
}

/** Pulls the plugs, and tells what each outage has come to. */
export function createOutages(sides: Sides, watch: Watch): Outages {
  const log = createCell<readonly LogEntry[]>([])
  const arrears = new Map<Side, Arrears>()
  let count = 0

  function tell({ person }: Side, kind: LogEntry['kind'], text: string): void {
    count += 1
    log.set([...log.state, { id: count, at: new Date(), who: person.sub, kind, text }].slice(-KEPT))
  }

  const chatsOf = ({ person }: Side) => [...watch.pairs()].map((pair) => pair[person.sub])

  function judge(side: Side): void {
    const owed = arrears.get(side)
    if (owed === undefined || side.parley.connection.state.status !== 'online') return
    const chats = chatsOf(side)
    const isSent = !chats.flatMap(waitingIn).some(({ key }) => owed.waiting.has(key))
    const isRead = owed.targets.every(({ chat, seq }) => chat.state.isLive && newestSeq(chat) >= seq)
    if (!isSent || !isRead) return
    arrears.delete(side)
    const ms = Math.round(performance.now() - owed.since)
    const faults = chats.map(faultsIn).reduce((sum, { missed, repeated }) => sum + missed + repeated, 0)
    const { received, waiting } = owed
    const what = `${messages(received + waiting.size)} in ${ms} ms, ${received} received and ${waiting.size} sent`
    const caughtUp = `${firstName(side.person)} caught up: ${what}`
    if (faults === 0) tell(side, 'whole', `${caughtUp}. None lost.`)
    else tell(side, 'torn', `${caughtUp}. ${faults} missing or twice!`)
  }

  watch.onChange(judge)
  for (const side of sides) side.parley.connection.subscribe(() => judge(side))

  return {
    log,
    pull(side) {
      arrears.delete(side)
      side.plug.pull()
      tell(side, 'pulled', `${firstName(side.person)}’s plug is pulled.`)
    },
    putBack(side) {
      const other = side.person.sub === 'ann' ? 'bob' : 'ann'
      const { waiting, behind } = watch.standingOf(side)
      arrears.set(side, {
        since: performance.now(),
        waiting: new Set(
          chatsOf(side)
            .flatMap(waitingIn)
            .map(({ key }) => key),
        ),
        targets: [...watch.pairs()].map((pair) => ({
          chat: pair[side.person.sub],
          seq: newestSeq(pair[other]),
        })),
        received: behind,
      })
      tell(
        side,
        'back',
        `${firstName(side.person)} is plugged in again: ${messages(waiting)} to send, ${behind} to receive.`,
      )
      side.plug.putBack()
      // As a browser does that hears of its network again, instead of waiting for the next attempt.
      side.parley.reconnect()
    },
  }
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`
}
