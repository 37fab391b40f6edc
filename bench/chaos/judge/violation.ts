/** What a promise of the contract is broken by. */
export const VIOLATIONS = {
  lost: 'an acked message is not in history as it was acked',
  twice: 'one send is in history, or was acked, as two messages',
  refused: 'a send that was refused for good is in history',
  hole: 'a session was not told of an event',
  repeat: 'a session was told of an event again',
  order: 'two were told different events under one number, or numbers are missing or run against time',
  altered: 'what was told of a message is not what history says',
  leak: 'somebody was told, or wrote, what only members may',
  unread: 'a read mark or an unread count is not the arithmetic',
  mending: 'an acked edit or delete does not show in history',
  reset: 'a session was sent back to the beginning without a cause',
  behind: 'after healing, a session did not come to the end of its chats',
  unsettled: 'after healing, a request was not answered for good',
  crash: 'a node ended though nobody had asked it to',
} as const

export type ViolationKind = keyof typeof VIOLATIONS

/** One broken promise, with what one needs to find out why. Times are in milliseconds since the start. */
export interface Violation {
  readonly kind: ViolationKind
  readonly at: number
  readonly text: string
  readonly chat?: string
  readonly rev?: number
  readonly seq?: number
  readonly session?: string
  readonly user?: string
  /** The faults of the time before. */
  readonly faults: readonly string[]
}

export type Accuse = (violation: Omit<Violation, 'faults'>) => void
