/**
 * The bus between nodes: a hint that something was committed, never the truth.
 *
 * - Order: what one node publishes to one channel arrives in that order; between nodes nothing is promised.
 * - Loss: any message may be lost, and is not sent again. After the bus has lost its connection and made it
 *   anew, `onGap` is called: whoever needs what was missed reads it from Postgres.
 * - Echo: a node that has subscribed a channel receives its own messages too, also while the bus is away.
 */
export interface Bus {
  /** False while the connection is away: messages reach this node alone and subscriptions wait. */
  readonly up: boolean
  /** Never throws and never waits. */
  publish(channel: string, payload: string): void
  /**
   * Resolves when the subscription stands, or at once when the bus is away; it is then made on return, before
   * `onGap` is called. Idempotent.
   */
  subscribe(channel: string): Promise<void>
  unsubscribe(channel: string): void
  /** One listener, set before the first subscription. The payload is the listener's to keep. */
  onMessage(listener: (channel: string, payload: Buffer) => void): void
  /** One listener: messages may have been missed on every channel. */
  onGap(listener: () => void): void
  close(): Promise<void>
}
