import t from 'tap'
import type { z } from 'zod'
import type * as client from '../../client/src/protocol.js'
import type * as frames from '../../src/protocol/client-frames.js'
import type * as objects from '../../src/protocol/objects.js'
import type { pushes, replies } from '../../src/protocol/server-frames.js'

/**
 * The types that the client is written against are those of the schemas that the server checks with. Nothing here runs: what
 * differs does not compile, and `npm test` compiles first.
 */

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Frame<T> = Omit<T, 'type' | 'ref'>

const isSame: {
  readonly [Name in
    | 'chat'
    | 'mine'
    | 'member'
    | 'attachment'
    | 'message'
    | 'change'
    | 'sent'
    | 'upload']: true
} = {
  chat: true satisfies Same<client.Chat, objects.Chat>,
  mine: true satisfies Same<client.Mine, objects.Mine>,
  member: true satisfies Same<client.Member, objects.Member>,
  attachment: true satisfies Same<client.Attachment, objects.Attachment>,
  message: true satisfies Same<client.Message, objects.Message>,
  change: true satisfies Same<client.Change, objects.Change>,
  sent: true satisfies Same<client.Sent, objects.Sent>,
  upload: true satisfies Same<client.UploadedAttachment, objects.Upload>,
}

const arePushes: { readonly [T in keyof typeof pushes]: true } = {
  hello: true satisfies Same<client.Pushes['hello'], z.infer<typeof pushes.hello>>,
  goaway: true satisfies Same<client.Pushes['goaway'], z.infer<typeof pushes.goaway>>,
  chat_added: true satisfies Same<client.Pushes['chat_added'], z.infer<typeof pushes.chat_added>>,
  removed: true satisfies Same<client.Pushes['removed'], z.infer<typeof pushes.removed>>,
  chat_activity: true satisfies Same<client.Pushes['chat_activity'], z.infer<typeof pushes.chat_activity>>,
  message: true satisfies Same<client.Pushes['message'], z.infer<typeof pushes.message>>,
  message_edited: true satisfies Same<client.Pushes['message_edited'], z.infer<typeof pushes.message_edited>>,
  message_deleted: true satisfies Same<
    client.Pushes['message_deleted'],
    z.infer<typeof pushes.message_deleted>
  >,
  chat_updated: true satisfies Same<client.Pushes['chat_updated'], z.infer<typeof pushes.chat_updated>>,
  user_joined: true satisfies Same<client.Pushes['user_joined'], z.infer<typeof pushes.user_joined>>,
  user_left: true satisfies Same<client.Pushes['user_left'], z.infer<typeof pushes.user_left>>,
  presence: true satisfies Same<client.Pushes['presence'], z.infer<typeof pushes.presence>>,
  typing: true satisfies Same<client.Pushes['typing'], z.infer<typeof pushes.typing>>,
  read: true satisfies Same<client.Pushes['read'], z.infer<typeof pushes.read>>,
}

const areReplies: { readonly [T in keyof client.Replies]: true } = {
  join: true satisfies Same<client.Replies['join'], z.infer<typeof replies.join>>,
  leave: true satisfies Same<client.Replies['leave'], z.infer<typeof replies.leave>>,
  send: true satisfies Same<client.Replies['send'], z.infer<typeof replies.send>>,
  edit: true satisfies Same<client.Replies['edit'], z.infer<typeof replies.edit>>,
  delete: true satisfies Same<client.Replies['delete'], z.infer<typeof replies.delete>>,
  read: true satisfies Same<client.Replies['read'], z.infer<typeof replies.read>>,
  auth: true satisfies Same<client.Replies['auth'], z.infer<typeof replies.auth>>,
  ping: true satisfies Same<client.Replies['ping'], z.infer<typeof replies.ping>>,
}

const areRequests: { readonly [T in keyof client.Requests]: true } = {
  join: true satisfies Same<client.Requests['join'], Frame<frames.JoinFrame>>,
  leave: true satisfies Same<client.Requests['leave'], Frame<frames.LeaveFrame>>,
  send: true satisfies Same<client.Requests['send'], Frame<frames.SendFrame>>,
  edit: true satisfies Same<client.Requests['edit'], Frame<frames.EditFrame>>,
  delete: true satisfies Same<client.Requests['delete'], Frame<frames.DeleteFrame>>,
  read: true satisfies Same<client.Requests['read'], Frame<frames.ReadFrame>>,
  auth: true satisfies Same<client.Requests['auth'], Frame<frames.AuthFrame>>,
  ping: true satisfies Same<client.Requests['ping'], Frame<frames.PingFrame>>,
}

t.test('every push and reply that there is has been compared', async (t) => {
  const { pushes, replies } = await import('../../src/protocol/server-frames.js')
  t.strictSame(Object.keys(arePushes).sort(), Object.keys(pushes).sort())
  // `resume` is for who has many chats open at once: this client joins each from its last `rev`.
  t.strictSame([...Object.keys(areReplies), 'resume'].sort(), Object.keys(replies).sort())
  t.strictSame(Object.keys(areRequests).sort(), Object.keys(areReplies).sort())
  t.ok(Object.values(isSame).every(Boolean))
})
