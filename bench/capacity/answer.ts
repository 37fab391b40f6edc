import type { Outcome } from '../report/outcome.js'
import type { CostFile } from './costs/costs.js'
import { growthPlot, workPlot } from './figures/growth.js'
import { skewPlots, skewTables } from './figures/skews.js'
import { comparedTable, stormPlot, stormTable } from './figures/storms.js'
import { costTables, estimateTables } from './figures/tables.js'
import { estimate } from './model/estimate.js'
import type { Options, Product } from './options.js'
import { skewsOf } from './simulate/skews.js'
import { compareWithMeasured, stormsOf } from './simulate/storms.js'

/** How the figures are to be read, above all of them. */
export const NOTES = [
  'Costs were measured on a virtual machine of two cores that held the nodes, Postgres, Redis and the clients of the bench: the size of each is that machine’s, their proportions are the service’s. No plant of more than two cores was ever run.',
  'A figure is the product’s numbers times the costs that it names; the tables of costs say in which report each was measured. What is assumed stands in a table of its own.',
]

/** All that is told of a product: the arithmetic, and the simulations where they are asked for. */
export async function answer(file: CostFile, { product, plant, simulate, out }: Options) {
  const found = estimate(file, product, plant)
  const arithmetic: Outcome = {
    title: 'What it needs',
    setting: settingOf(product),
    targets: [],
    tables: [...estimateTables(found), ...costTables(file)],
    plots: [growthPlot(file, product, plant), workPlot(found)],
    figures: found,
  }
  if (!simulate && out === undefined) return { outcomes: [arithmetic], data: { product, plant, ...found } }

  const storms = stormsOf(file, found, product, plant)
  const compared = await compareWithMeasured(file, plant.seed)
  const skews = skewsOf(found, plant)
  const simulated = {
    storms: storms.map(({ name, options, storm: { back, ...storm } }) => ({ name, options, ...storm })),
    compared: compared.map(({ storm: { back, ...storm }, ...one }) => ({ ...one, ...storm })),
    skews,
  }
  return {
    outcomes: [
      arithmetic,
      {
        title: 'A reconnect storm',
        setting:
          'Sessions that have lost their node come back as the client does it: full jitter, ten seconds of patience for hello, a ping that finds out. Each node is one core with a line in front of it, less what the peak takes of it. From sessionNode, chatNode, sessionPostgres and chatPostgres.',
        targets: [],
        tables: [stormTable(storms), comparedTable(compared)],
        plots: [stormPlot(storms)],
        figures: {},
      },
      {
        title: 'Uneven chats',
        setting:
          'Chats by Zipf’s law on the slots of Redis Cluster and on nodes that a proxy picks by chance; nobody says more than 20 messages a second.',
        targets: [],
        tables: skewTables(skews),
        plots: skewPlots(skews),
        figures: {},
      },
    ],
    data: { product, plant, ...found, ...simulated },
  }
}

function settingOf(product: Product): string {
  return Object.entries(product)
    .map(([name, value]) => `${name} ${value.toLocaleString('en-GB')}`)
    .join(', ')
}
