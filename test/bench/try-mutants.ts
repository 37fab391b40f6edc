import t from 'tap'
import { type Mutant, makeMutant } from '../../bench/chaos/mutants.js'
import { temporaryFolder } from '../helpers/folders.js'
import { root, runChaos } from './runs.js'

/** The checker can fail: a service that breaks a promise is found to break it. */
export function tryMutants(mutants: readonly Mutant[]): void {
  for (const mutant of mutants)
    t.test(`found: a service that ${mutant.name}`, async (t) => {
      const entry = await makeMutant(mutant, root, await temporaryFolder(t))
      const { code, report } = await runChaos(t, {
        ...{ minutes: '0.15', nodes: '2', users: '16', chats: '6', rate: '50', faults: '2', seed: '1' },
        ...{ kinds: mutant.kinds.join(','), entry },
      })
      t.ok(report.counts[mutant.expected], `${mutant.expected} is among ${JSON.stringify(report.counts)}`)
      t.equal(code, 1)
    })
}
