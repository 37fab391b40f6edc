/** What of the service's own settings the arithmetic needs. The bench knows nothing of its source: a test keeps them equal. */

/** Connections to Postgres of one node (`PARLEY_DATABASE_POOL`). */
export const DATABASE_POOL = 10
/** How often a node compares its chats with Postgres (`PARLEY_SWEEP_MS`). */
export const SWEEP_MS = 4_000
/** How often a client asks whether the way is still there: four fifths of what `hello` asks for. */
export const PING_MS = 20_000
/** How long it waits for an answer before it takes the way for dead. */
export const PONG_MS = 8_000
/** How long it waits for `hello`. */
export const HELLO_MS = 10_000
/** The client's delays: full jitter below a bound that doubles. */
export const BACKOFF = { firstMs: 500, longestMs: 20_000 }
/** New connections of one address a second, and how many seconds' worth at once. */
export const CONNECTS_PER_ADDRESS = 100
export const BURST_SECONDS = 3
/** Messages that one user says a second at most (`PARLEY_RATE_MESSAGES`). */
export const MESSAGES_OF_MEMBER = 20
/** A node that ends sends its sessions away over this, less what it keeps for their last second and for its own end. */
export const DRAIN_SECONDS = 25
export const DRAIN_KEPT_SECONDS = 3
/** Presence: a node tells who came and who went so often at most. */
export const PRESENCE_GATHER_MS = 50
/** Members that a chat's activity is told to at most. */
export const ACTIVITY_MEMBERS = 50
