import { useState } from 'react'
import type { Attachment } from '../protocol.js'
import type { OpenChat } from '../types.js'
import { failureText } from './failure-text.js'
import { FileIcon } from './icons.js'
import { openFile } from './open-file.js'
import { useUi } from './parley-ui.js'

/** A file by its name and size. */
export function FileCard({ chat, file }: { chat: OpenChat; file: Attachment }) {
  const { labels, formats } = useUi()
  const [problem, setProblem] = useState('')
  return (
    <button
      type="button"
      className="parley-file"
      data-testid="file"
      title={labels.openFile(file.name)}
      onClick={() => openFile(chat, file.id, (error) => setProblem(error ? failureText(error, labels) : ''))}
    >
      <span className="parley-file-icon" aria-hidden="true">
        <FileIcon />
        <span>{extensionOf(file.name)}</span>
      </span>
      <span className="parley-file-about">
        <span className="parley-file-name">
          <bdi>{file.name}</bdi>
        </span>
        <span className="parley-file-size">{problem || formats.size(file.size)}</span>
      </span>
    </button>
  )
}

/** What people call a type of file. */
export function extensionOf(name: string): string {
  return /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? ''
}
