import { ParleyError } from '../protocol/errors.js'
import { CATCH_UP_MESSAGES, JOIN_MESSAGES, MEMBERS_IN_REPLY, REPLY_BYTES } from '../protocol/limits.js'
import type { Chat, Member, Message, Mine, User } from '../protocol/objects.js'
import type { MemberView, MessageRange, RangeRow } from '../store/snapshots.js'
import type { Store } from '../store/store.js'
import { createLane } from './lane.js'
import type { Members } from './members.js'
import { toChat, toMessage, toMine } from './views.js'

/** Snapshots that are read together at most. */
const BATCH = 100
/** Snapshots that may wait to be read. */
const QUEUE = 20_000

export interface SnapshotPoint {
  /** The newest event that the client has seen; absent: it has seen none. */
  readonly afterRev: number | undefined
  /** The epoch that `afterRev` was counted in. */
  readonly epoch: string | undefined
}

interface Asked extends SnapshotPoint {
  readonly chatId: string
  readonly userId: string
}

/** Where a chat stands for one of its members, and what that member has missed: more than a reply may hold. */
export interface Snapshot {
  readonly chat: Chat
  readonly mine: Mine
  readonly members: readonly Member[]
  readonly epoch: string
  /** The point could not be served. */
  readonly reset: boolean
  readonly missed: readonly MissedMessage[]
}

export interface MissedMessage {
  readonly message: Message
  /** The least rev of this message and those that come after it: where to go on when it is cut off. */
  readonly leastRev: number
}

/**
 * What sessions that join have missed, read from Postgres: all that ask at the same time together, so that the
 * sessions of a node that died cost another one a bounded number of statements.
 */
export function createSnapshots({ store, members }: { store: Store; members: Members }) {
  const lane = createLane<Asked, Snapshot | null>({ flush, batch: BATCH, queue: QUEUE })

  /**
   * The chats' rows are read first and say up to which event the rest counts; what is changed while the rest is
   * read shows in its newer state, and comes again as an event.
   */
  async function flush(asked: readonly Asked[]): Promise<(Snapshot | null)[]> {
    const views = await store.snapshots.views(asked)
    const found = views.flatMap((view) => {
      const one = asked[view.item - 1]
      return one === undefined ? [] : [{ view, item: view.item, ...missedRange(view, one) }]
    })
    const [newest, changed, lists] = await Promise.all([
      store.snapshots.bySeq(rangesOf(found, 'newest'), JOIN_MESSAGES, REPLY_BYTES),
      // One more than a reply holds tells that there are more.
      store.snapshots.changed(rangesOf(found, 'changed'), CATCH_UP_MESSAGES + 1, REPLY_BYTES),
      members.firstOf([...new Set(views.map(({ id }) => id))], MEMBERS_IN_REPLY),
    ])
    const missed = { newest: grouped(newest), changed: grouped(changed) }
    const places = { newest: 0, changed: 0 }
    const snapshots: (Snapshot | null)[] = asked.map(() => null)
    for (const { view, item, kind, reset } of found) {
      places[kind] += 1
      snapshots[item - 1] = {
        chat: toChat(view),
        mine: toMine(view, view),
        members: lists.get(view.id) ?? [],
        epoch: view.epoch,
        reset,
        missed: missed[kind].get(places[kind]) ?? [],
      }
    }
    return snapshots
  }

  return {
    /** Snapshots that wait to be read. */
    waiting: lane.waiting,

    /** @throws ParleyError `not_a_member`, `overloaded` when too many wait already */
    async read(user: User, chatId: string, point: SnapshotPoint): Promise<Snapshot> {
      const snapshot = await lane.push({ ...point, chatId, userId: user.id })
      if (snapshot === null) throw new ParleyError('not_a_member')
      return snapshot
    },
  }
}

export type Snapshots = ReturnType<typeof createSnapshots>

type Kind = 'newest' | 'changed'

/** What the member has missed: all that changed after its point, or the newest messages when there is none to go by. */
function missedRange(
  { id, epoch, first_seq, last_seq, last_rev, first_rev }: MemberView,
  point: SnapshotPoint,
): { kind: Kind; range: MessageRange; reset: boolean } {
  const { afterRev } = point
  const isElsewhere = point.epoch !== undefined && point.epoch !== epoch
  const isTaken = afterRev !== undefined && first_rev !== null && afterRev < first_rev - 1
  const reset = afterRev !== undefined && (isElsewhere || isTaken || afterRev > last_rev)
  if (afterRev !== undefined && !reset)
    return { kind: 'changed', range: { chatId: id, first: afterRev + 1, last: last_rev }, reset }
  const first = Math.max(first_seq, last_seq - JOIN_MESSAGES + 1)
  return { kind: 'newest', range: { chatId: id, first, last: last_seq }, reset }
}

function rangesOf(found: readonly { kind: Kind; range: MessageRange }[], kind: Kind): MessageRange[] {
  return found.filter((one) => one.kind === kind).map(({ range }) => range)
}

/** By the range that they belong to. */
function grouped(rows: readonly RangeRow[]): Map<number, MissedMessage[]> {
  const groups = new Map<number, MissedMessage[]>()
  for (const row of rows) {
    const missed = { message: toMessage(row), leastRev: row.least_rev }
    const group = groups.get(row.item)
    if (group === undefined) groups.set(row.item, [missed])
    else group.push(missed)
  }
  return groups
}
