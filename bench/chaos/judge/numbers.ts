import type { ChatTruth, Judging } from './truth.js'
import type { Accuse } from './violation.js'

/** Of history alone: seq and rev have no holes, each rev is of one event, and time does not run against seq. */
export function judgeNumbers(accuse: Accuse): Judging<unknown> {
  return {
    finish({ id: chat, lastSeq, lastRev, messages, events }) {
      const misplaced = messages.findIndex(({ seq }, index) => seq !== index + 1)
      if (misplaced >= 0)
        accuse({
          ...{ kind: 'order', at: 0, chat, seq: misplaced + 1 },
          text: `the message of this place has seq ${messages[misplaced]?.seq}`,
        })
      for (const [index, { seq, createdAt }] of messages.entries()) {
        const before = messages[index - 1]
        if (before !== undefined && createdAt < before.createdAt)
          accuse({
            ...{ kind: 'order', at: 0, chat, seq },
            text: `was created at ${createdAt}, and the one before it at ${before.createdAt}`,
          })
      }
      if (messages.length !== lastSeq)
        accuse({
          kind: 'order',
          at: 0,
          chat,
          text: `lastSeq is ${lastSeq}, and there are ${messages.length} messages`,
        })
      const revs = [...messages.map(({ createdRev }) => createdRev), ...events.map(({ rev }) => rev)]
      revs.sort((a, b) => a - b)
      const wrong = revs.findIndex((rev, index) => rev !== index + 1)
      if (wrong >= 0)
        accuse({
          kind: 'order',
          at: 0,
          chat,
          rev: wrong + 1,
          text: `the event of this place has rev ${revs[wrong]}`,
        })
      if (revs.length !== lastRev)
        accuse({
          kind: 'order',
          at: 0,
          chat,
          text: `lastRev is ${lastRev}, and there are ${revs.length} events`,
        })
    },
  } satisfies { finish(truth: ChatTruth): void }
}
