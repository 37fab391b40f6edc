import t from 'tap'
import { digestOf } from '../../bench/chaos/clients/wire.js'
import { createJudge } from '../../bench/chaos/judge/judge.js'
import type { Entry } from '../../bench/chaos/record/entries.js'
import { add, entryOf, judge, replace, type Story, seen, tellStory } from './story.js'

t.test('a history that keeps all promises is clean', async (t) => {
  t.strictSame(judge(tellStory()), [])
})

const stream = { session: 'ann.1', user: 'ann', chat: 'chat' } as const
const isAnns = (entry: { session: string; rev: number }, rev: number) =>
  entry.session === 'ann.1' && entry.rev === rev

/** One thing is broken in each, and this is what it is found to be. */
const broken: readonly (readonly [string, readonly string[], (story: Story) => void])[] = [
  ['an acked message is not in history', ['order', 'lost'], (story) => drop(story.messages, 3)],
  [
    'an acked message has another id',
    ['altered', 'lost'],
    ({ messages }) => change(messages, 0, { id: 'other' }),
  ],
  ['an acked message has another seq', ['lost'], (story) => reack(story, { seq: 9 })],
  ['an acked message has another rev', ['lost'], (story) => reack(story, { rev: 9 })],
  [
    'an acked message has another time',
    ['altered', 'lost'],
    ({ messages }) => change(messages, 3, { createdAt: '2026-01-01T00:00:09.000Z' }),
  ],
  [
    'an acked message has another sender',
    ['twice', 'altered', 'lost'],
    ({ messages }) => change(messages, 3, { sender: 'bob' }),
  ],
  [
    'an acked message has another content',
    ['lost'],
    ({ messages }) => change(messages, 3, { content: 'other' }),
  ],
  ['one send is two messages', ['twice'], (story) => copy(story)],
  ['a message was never sent', ['twice'], (story) => dropEntries(story, isOfClient('client-4'))],
  [
    'a repeat is acked as another message',
    ['twice'],
    (story) => story.entries.push({ ...entryOf(story, 'acked', ({ seq }) => seq === 4), id: 'other' }),
  ],
  [
    'a send that was refused for good is there',
    ['refused', 'unread'],
    (story) => {
      const { at, user, chat, clientId } = entryOf(story, 'acked', ({ seq }) => seq === 4)
      dropEntries(story, (entry) => entry.kind === 'acked' && entry.seq === 4)
      story.entries.push({
        kind: 'refused',
        at,
        user,
        chat,
        clientId,
        code: 'chat_closed',
        final: true,
        attempt: 1,
      })
      story.truth = { ...story.truth, marks: [{ user: 'ann', lastSeq: 4, lastReadSeq: 1, unread: 3 }] }
    },
  ],
  [
    'an event is left out',
    ['hole'],
    (story) => dropEntries(story, (e) => e.kind === 'pushed' && isAnns(e, 5)),
  ],
  [
    'an event comes twice',
    ['repeat'],
    (story) => {
      const event = entryOf(story, 'pushed', (entry) => isAnns(entry, 5))
      replace(story, event, event, event)
    },
  ],
  [
    'two events change places',
    ['hole', 'repeat'],
    (story) => {
      const [first, second] = [5, 6].map((rev) => entryOf(story, 'pushed', (entry) => isAnns(entry, rev)))
      if (first === undefined || second === undefined) throw new Error('the story has both')
      replace(story, first)
      replace(story, second, second, first)
    },
  ],
  [
    'two are told different events under one number',
    ['order'],
    (story) =>
      alter(
        story,
        entryOf(story, 'pushed', (entry) => isAnns(entry, 6)),
        { type: 'closed' },
      ),
  ],
  [
    'an event is told that never was',
    ['order', 'hole'],
    (story) => add(story, { kind: 'pushed', ...stream, type: 'closed', rev: 10, node: 0 }),
  ],
  [
    'a message is shown with another content',
    ['altered'],
    (story) => {
      const event = entryOf(story, 'pushed', (entry) => isAnns(entry, 7))
      alter(story, event, { seen: { ...seen(4, 7), said: digestOf('other') } })
    },
  ],
  [
    'a resume leaves a message out',
    ['hole'],
    (story) => alter(story, bobsResume(story), { messages: [seen(3, 5)] }),
  ],
  [
    'a resume has a message that has not changed',
    ['repeat'],
    (story) => {
      const resume = bobsResume(story)
      alter(story, resume, { messages: [seen(2, 2), ...resume.messages] })
    },
  ],
  [
    'a resume is out of order',
    ['order'],
    (story) => {
      const resume = bobsResume(story)
      alter(story, resume, { messages: [...resume.messages].reverse() })
    },
  ],
  [
    'a resume is put back',
    ['hole', 'order', 'repeat'],
    (story) => alter(story, bobsResume(story), { rev: 1, messages: [seen(1, 1)] }),
  ],
  [
    'a first join leaves a message out',
    ['hole'],
    (story) => alter(story, cidsJoin(story), { messages: [seen(2, 2)] }),
  ],
  [
    'a session is sent back to the beginning',
    ['reset', 'hole'],
    (story) => alter(story, bobsResume(story), { reset: true }),
  ],
  [
    'one who is removed is told more',
    ['leak'],
    (story) => {
      dropEntries(story, ({ kind }) => kind === 'left')
      add(story, {
        kind: 'pushed',
        session: 'cid.1',
        user: 'cid',
        chat: 'chat',
        type: 'message',
        rev: 7,
        node: 0,
      })
      const pushed = story.entries.pop()
      if (pushed?.kind === 'pushed') story.entries.push({ ...pushed, seen: seen(4, 7) })
    },
  ],
  [
    'one who is removed is told more, and thinks nothing of it',
    ['leak'],
    (story) => add(story, { kind: 'signalled', session: 'cid.1', user: 'cid', chat: 'chat', type: 'typing' }),
  ],
  ['one who is no member joins', ['leak'], ({ events }) => change(events, 1, { userId: 'dan' })],
  [
    'one who is no member is told of activity',
    ['leak'],
    (story) => add(story, { kind: 'activity', session: 'dan.1', user: 'dan', chat: 'chat', rev: 7 }),
  ],
  ['one who is no member says something', ['leak'], (story) => leaveEarly(story)],
  ['unread is no arithmetic', ['unread'], (story) => mark(story, { lastReadSeq: 3, unread: 2 })],
  ['a read is forgotten', ['unread'], (story) => mark(story, { lastReadSeq: 2, unread: 2 })],
  ['a mark moves by itself', ['unread'], (story) => mark(story, { lastReadSeq: 4, unread: 0 })],
  [
    'an acked edit is not there',
    ['mending', 'order'],
    (story) => {
      change(story.messages, 0, { content: 'hello', rev: 1 })
      drop(story.events, 0)
    },
  ],
  [
    'an edit is there with another content',
    ['mending'],
    ({ messages }) => change(messages, 0, { content: 'no' }),
  ],
  [
    'an acked delete leaves the content',
    ['mending'],
    ({ messages }) => change(messages, 1, { deletedAt: null, content: 'good day' }),
  ],
  [
    'a message is changed that nobody asked to',
    ['mending'],
    (story) => dropEntries(story, (e) => e.kind === 'mend' || e.kind === 'mended'),
  ],
  ['seq has a hole', ['order', 'lost'], ({ messages }) => change(messages, 3, { seq: 5 })],
  ['rev has a hole', ['order'], (story) => drop(story.events, 2)],
  [
    'time runs against seq',
    ['order', 'altered', 'lost'],
    ({ messages }) => change(messages, 3, { createdAt: '2026-01-01T00:00:00.000Z' }),
  ],
  ['a node ends by itself', ['crash'], (story) => add(story, { kind: 'crashed', node: 1, exitCode: 1 })],
]

for (const [name, kinds, breakIt] of broken)
  t.test(`found: ${name}`, async (t) => {
    const story = tellStory()
    breakIt(story)
    story.truth = { ...story.truth, messages: story.messages, events: story.events }
    const found = judge(story)
    for (const kind of kinds) t.ok(found.includes(kind), `${kind} is among ${found.join(', ') || 'nothing'}`)
  })

t.test('a violation names what happened before', async (t) => {
  const all = createJudge()
  const fault = { kind: 'fault', id: 1, name: 'redis-kill', target: 'redis' } as const
  all.see({ at: 1_000, ...fault, phase: 'begun' })
  all.see({ at: 2_000, ...fault, phase: 'undone' })
  all.see({ at: 3_000, kind: 'crashed', node: 1, exitCode: null })
  all.see({ at: 60_000, kind: 'crashed', node: 1, exitCode: null })
  const { violations } = all.result()
  t.strictSame(
    violations.map(({ faults }) => faults),
    [['redis-kill of redis at 1.0 s'], []],
  )
})

function drop(list: unknown[], index: number): void {
  list.splice(index, 1)
}

function change<T>(list: T[], index: number, to: Partial<T>): void {
  const one = list[index]
  if (one === undefined) throw new Error(`the story has no ${index}`)
  list[index] = { ...one, ...to }
}

function alter<E extends Entry>(story: Story, entry: E, to: Partial<E>): void {
  replace(story, entry, { ...entry, ...to })
}

function dropEntries(story: Story, isMeant: (entry: Entry) => boolean): void {
  story.entries = story.entries.filter((entry) => !isMeant(entry))
}

function isOfClient(clientId: string): (entry: Entry) => boolean {
  return (entry) => 'clientId' in entry && entry.clientId === clientId
}

/** What was acked differs from what is there. */
function reack(story: Story, to: { seq?: number; rev?: number }): void {
  alter(
    story,
    entryOf(story, 'acked', ({ seq }) => seq === 4),
    to,
  )
}

/** The same send again, as the next message. */
function copy(story: Story): void {
  const last = story.messages[3]
  if (last === undefined) throw new Error('the story has four messages')
  story.messages.push({ ...last, id: 'id-5', seq: 5, createdRev: 9, rev: 9 })
  story.truth = { ...story.truth, lastSeq: 5, lastRev: 9 }
}

function bobsResume(story: Story) {
  return entryOf(story, 'joined', ({ user, after }) => user === 'bob' && after !== null)
}

function cidsJoin(story: Story) {
  return entryOf(story, 'joined', ({ user }) => user === 'cid')
}

/** cid is out before the message that cid has said. */
function leaveEarly(story: Story): void {
  story.messages = story.messages.map((one) => (one.seq === 3 ? { ...one, createdRev: 6, rev: 6 } : one))
  story.events = story.events.map((one) => (one.rev === 6 ? { ...one, rev: 5 } : one))
}

function mark(story: Story, to: { lastReadSeq: number; unread: number }): void {
  story.truth = { ...story.truth, marks: [{ user: 'bob', lastSeq: 4, ...to }] }
}
