import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FaultName } from './faults/kinds.js'
import type { ViolationKind } from './judge/violation.js'

/** A promise that is broken on purpose, by a change of the compiled service: what the checker must find. */
export interface Mutant {
  readonly name: string
  /** Files are below `dist`. A text must be there once: a mutant of what was rewritten fails, and is not harmless. */
  readonly changes: readonly (readonly [file: string, find: string, replace: string])[]
  readonly expected: ViolationKind
  /** Faults that bring it out. */
  readonly kinds: readonly FaultName[]
}

/** Of what sessions are told. */
export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: 'delivers what comes behind a hole',
    changes: [
      [
        'sessions/chat-stream.js',
        'if (event.rev === (this.#position ?? Number.NaN) + 1) {',
        'if (event.rev > (this.#position ?? Number.NaN)) {',
      ],
    ],
    expected: 'hole',
    kinds: ['redis-link-cut'],
  },
  {
    name: 'repairs no hole',
    changes: [
      ['sessions/chat-stream.js', '#repairSoon(afterMs) {', '#repairSoon(afterMs) {\n        return;'],
      ['sessions/sweep.js', 'await compare(positions.slice(start, start + SLICE));', ''],
    ],
    expected: 'behind',
    kinds: ['redis-link-cut'],
  },
  {
    name: 'delivers repeats',
    changes: [
      [
        'sessions/chat-stream.js',
        'if (this.#position !== undefined && event.rev <= this.#position)\n            return;',
        'if (this.#position !== undefined && event.rev <= this.#position) {\n            this.#options.deliver(this.#chatId, event);\n            return;\n        }',
      ],
    ],
    expected: 'repeat',
    kinds: ['redis-flush'],
  },
  {
    name: 'begins a resume one event late',
    changes: [['chat/snapshots.js', 'first: afterRev + 1', 'first: afterRev + 2']],
    expected: 'hole',
    kinds: ['clients-cut'],
  },
]

/** Of what is written. */
export const WRITE_MUTANTS: readonly Mutant[] = [
  {
    name: 'acks before the commit',
    changes: [
      [
        'store/flush.js',
        'const { rows } = await sql `${',
        `const early = (query) => new Promise((resolve, reject) => {
        db.transaction().execute(async (trx) => {
            resolve((await query.execute(trx)).rows);
            await new Promise((later) => setTimeout(later, 1000));
        }).catch(reject);
    });
    const rows = await early(sql \`\${`,
      ],
      [
        'store/flush.js',
        ')`.execute(db);\n            const stood = rows[0];',
        ')`);\n            const stood = rows[0];',
      ],
    ],
    expected: 'lost',
    kinds: ['postgres-crash'],
  },
  {
    name: 'knows no repeats of a send',
    changes: [
      ['store/flush.js', '({ clientId }) => clientId)', '({ clientId, id }) => clientId && id)'],
      ['store/flush.js', '(message) => message.clientId)', '(message) => message.clientId && message.id)'],
    ],
    expected: 'twice',
    kinds: ['clients-cut'],
  },
  {
    name: 'acks an edit and keeps the old text',
    changes: [['store/messages.js', '.set(changed)', '.set({ changed_rev: changed.changed_rev })']],
    expected: 'mending',
    kinds: ['redis-flush'],
  },
]

/** Of one who reads too slowly: at the rates of a short run the system's own buffers take it all. */
export const LATCH_MUTANT: Mutant = {
  name: 'never latches a slow reader',
  changes: [
    ['sessions/session.js', 'latch(now = Date.now()) {', 'latch(now = Date.now()) {\n        return;'],
    ['gateway/server.js', 'maxBackpressure: sessionBufferBytes + BURST_BYTES', 'maxBackpressure: 262144'],
  ],
  expected: 'hole',
  kinds: [],
}

/** Of who is a member, and what a member has read. */
export const MEMBER_MUTANTS: readonly Mutant[] = [
  {
    name: 'lets a removed member stay',
    changes: [['sessions/rooms.js', '                leave(session, room.chatId);', '']],
    expected: 'leak',
    kinds: ['redis-flush'],
  },
  {
    name: 'forgets what was read',
    changes: [
      [
        'chat/marks.js',
        'const moved = await store.members.markRead(chatId, user.id, seq);',
        'const moved = { lastReadSeq: seq, lastSeq: seq };',
      ],
    ],
    expected: 'unread',
    kinds: ['redis-flush'],
  },
]

/**
 * A copy of the built service of `root` in `folder`, with the mutant's changes. Gives the path of its `main.js`.
 * @throws when a text that is to be changed is not there once
 */
export async function makeMutant({ name, changes }: Mutant, root: string, folder: string): Promise<string> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  for (const shared of ['db', 'node_modules', 'package.json'])
    await symlink(join(root, shared), join(folder, shared))
  for (const [file, find, replace] of changes) {
    const path = join(folder, 'dist', file)
    const text = await readFile(path, 'utf8')
    if (text.split(find).length !== 2)
      throw new Error(`the mutant that ${name}: ${file} has not once: ${find}`)
    await writeFile(
      path,
      text.replace(find, () => replace),
    )
  }
  return join(folder, 'dist/main.js')
}
