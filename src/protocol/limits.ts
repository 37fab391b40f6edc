/** The bounds of the wire (CONTRACT.md section 3). Bytes are of UTF-8, times in milliseconds. */

/** A frame above this is answered `too_large`. */
export const FRAME_BYTES = 64 * 1024
/** A frame above this ends the connection without a word: it is never read into memory. */
export const FRAME_HARD_BYTES = 128 * 1024
export const CONTENT_BYTES = 8192
export const ID_LENGTH = 64
export const SUBJECT_LENGTH = 200
export const METADATA_BYTES = 8192
export const METADATA_DEPTH = 16
export const FULL_NAME_LENGTH = 200
export const REF_LENGTH = 128
/** Messages of a join reply are cut so that all of the reply stays below this. */
export const REPLY_BYTES = 256 * 1024
/** What a reply holds beside its data: its type, its ref. */
export const REPLY_ENVELOPE_BYTES = 1024
/** What the data of a join holds beside chat, marks, members and messages: where it stands. */
export const JOIN_ENVELOPE_BYTES = 512
export const JOIN_MESSAGES = 50
/** Messages of one answer to a join with `afterRev`; the next ones are asked for from its `rev`. */
export const CATCH_UP_MESSAGES = 500
export const MEMBERS_IN_REPLY = 100
/** Members named in one request. */
export const MEMBERS_PER_REQUEST = 100
/** Presence, `user_joined` and `user_left` are pushed in chats of up to this many members: beyond, each arrival would cost a push to everybody. */
export const PRESENCE_MEMBERS = 100
/** `chat_activity` goes to the members of chats of up to this many. */
export const ACTIVITY_MEMBERS = 50
export const ACTIVITY_INTERVAL_MS = 1000
export const CHATS_PER_SESSION = 1000
/** Chats of one `resume`. */
export const CHATS_PER_RESUME = 500
/** Frames of one session that may be under way at once; more are `rate_limited`. */
export const FRAMES_IN_FLIGHT = 1000
/** A user or an address that has been quiet may do this many seconds' worth of its rate at once. */
export const RATE_BURST_SECONDS = 3
export const TYPING_MS = 5000
export const HEARTBEAT_MS = 25_000
/** A raw session that says nothing for this long is closed (4004): two heartbeats are missing. */
export const SILENCE_MS = 2 * HEARTBEAT_MS
/** Bad frames within the window that close a session (4400). */
export const BAD_FRAMES = 10
export const BAD_FRAMES_WINDOW_MS = 10_000
export const HANDSHAKE_MS = 10_000
export const PAGE_LIMIT = 100
/** One binary `chat message` of the Socket.IO door, as in the seed. */
export const SOCKETIO_FRAME_BYTES = 10_000_000
/** The bytes of an upload are all there within this, or it is given up. */
export const UPLOAD_MS = 30 * 60 * 1000
/** An upload that brings nothing for this long has ended. */
export const UPLOAD_IDLE_MS = 30_000
/** Uploads of one user that may be under way on one node; more are `rate_limited`. */
export const UPLOADS_OF_USER = 5
/** How long a URL to upload to is good for. */
export const UPLOAD_URL_SECONDS = 15 * 60
/** Attachments of one user in one chat that no message names yet; more are `rate_limited`. */
export const UNSENT_ATTACHMENTS = 100
