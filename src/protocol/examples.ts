import type { Attachment, Chat, Member, Message, Mine, Sent, User } from './objects.js'

/** One conversation about one order: what the references show, of the schemas' types and checked by a test. */

export const exampleUser: User = { id: 'ann', fullName: 'Ann Lee' }

export const exampleChat: Chat = {
  id: '0198c1a2-3b4c-7d5e-8f60-718293a4b5c6',
  type: 'order',
  orderId: 'order-1',
  subject: 'Running shoes, size 42',
  metadata: { price: '89.00 EUR' },
  createdAt: '2026-03-02T09:14:00.000Z',
  closedAt: null,
  firstSeq: 1,
  lastSeq: 2,
  rev: 2,
  memberCount: 2,
}

export const exampleMine: Mine = {
  role: 'customer',
  lastReadSeq: 1,
  unread: 1,
  archivedAt: null,
  sticky: false,
}

export const exampleMember: Member = {
  userId: 'bob',
  fullName: 'Bob Ray',
  role: 'seller',
  online: true,
  lastSeen: null,
  lastReadSeq: 2,
}

export const exampleAttachment: Attachment = {
  id: '0198c1a2-7e11-7a22-9b33-4c5d6e7f8091',
  name: 'shoe.jpg',
  mime: 'image/jpeg',
  size: 182_304,
  width: 1200,
  height: 900,
}

export const exampleMessage: Message = {
  id: '0198c1a2-5d6e-7f80-91a2-b3c4d5e6f708',
  chatId: exampleChat.id,
  seq: 2,
  rev: 2,
  kind: 'user',
  sender: { id: 'bob', fullName: 'Bob Ray' },
  content: 'It left this morning.',
  attachments: [],
  clientId: '5f0c6d1e',
  createdAt: '2026-03-02T09:15:30.250Z',
  editedAt: null,
  deletedAt: null,
}

export const exampleSent: Sent = {
  id: exampleMessage.id,
  seq: 2,
  rev: 2,
  createdAt: exampleMessage.createdAt,
}
