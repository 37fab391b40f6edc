import { useState } from 'react'
import { failureText } from './failure-text.js'
import { extensionOf } from './file-card.js'
import { CloseIcon, RetryIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import type { ChosenFile } from './tray.js'

export interface TrayViewProps {
  readonly files: readonly ChosenFile[]
  readonly onRetry: (key: string) => void
  readonly onRemove: (key: string) => void
}

/** The files that go with the next message, and how far they have come. */
export function TrayView({ files, onRetry, onRemove }: TrayViewProps) {
  const { labels } = useUi()
  if (files.length === 0) return null
  return (
    // biome-ignore lint/a11y/noRedundantRoles: Safari forgets that it is a list when it has no bullets
    <ul role="list" className="parley-tray" aria-label={labels.chosenFiles}>
      {files.map((chosen) => (
        <Upload key={chosen.key} chosen={chosen} onRetry={onRetry} onRemove={onRemove} />
      ))}
    </ul>
  )
}

function Upload({
  chosen,
  onRetry,
  onRemove,
}: Omit<TrayViewProps, 'files'> & { readonly chosen: ChosenFile }) {
  const { labels, formats } = useUi()
  const { key, file, state } = chosen
  const isUnderWay = state.kind === 'waiting' || state.kind === 'sending'
  return (
    <li className="parley-upload" data-testid="upload" data-state={state.kind}>
      <UploadFace chosen={chosen} />
      <span className="parley-upload-about">
        <span className="parley-upload-name">
          <bdi className="parley-line">{file.name}</bdi>
        </span>
        <span className="parley-upload-state">
          {state.kind === 'failed' && failureText(state.error, labels)}
          {state.kind === 'ready' && formats.size(file.size)}
          {state.kind === 'waiting' && `${formats.size(file.size)} · ${labels.waiting}`}
          {state.kind === 'sending' &&
            `${formats.size(file.size)} · ${state.sent < 1 ? labels.uploading(Math.floor(state.sent * 100)) : labels.finishing}`}
        </span>
        {isUnderWay && (
          <progress
            max={1}
            value={state.kind === 'sending' ? state.sent : 0}
            aria-label={labels.uploadOf(file.name)}
          />
        )}
      </span>
      {state.kind === 'failed' && state.canRetry && (
        <button
          type="button"
          className="parley-icon-button"
          data-testid="upload-retry"
          aria-label={`${labels.tryAgain}: ${file.name}`}
          title={labels.tryAgain}
          onClick={() => onRetry(key)}
        >
          <RetryIcon />
        </button>
      )}
      <button
        type="button"
        className="parley-icon-button"
        data-testid="upload-remove"
        aria-label={labels.removeFile(file.name)}
        title={labels.removeFile(file.name)}
        onClick={() => onRemove(key)}
      >
        <CloseIcon />
      </button>
    </li>
  )
}

function UploadFace({ chosen: { file, preview } }: { readonly chosen: ChosenFile }) {
  // Not every image is one that this browser can show.
  const [isBroken, setIsBroken] = useState(false)
  if (preview === null || isBroken)
    return (
      <span className="parley-upload-face" aria-hidden="true">
        {extensionOf(file.name)}
      </span>
    )
  return <img className="parley-upload-face" src={preview} alt="" onError={() => setIsBroken(true)} />
}
