import type { ReactNode } from 'react'

interface IconProps {
  /** Turned round where the text runs from right to left. */
  readonly isMirrored?: boolean
  readonly children: ReactNode
}

function Icon({ isMirrored = false, children }: IconProps) {
  return (
    <svg
      className={isMirrored ? 'parley-icon parley-icon-mirrored' : 'parley-icon'}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="7" />
    <path d="m20 20-4-4" />
  </Icon>
)

export const ArchiveIcon = () => (
  <Icon>
    <rect x="3" y="4" width="18" height="5" rx="1.5" />
    <path d="M5 9v9a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9M10 13h4" />
  </Icon>
)

export const UnarchiveIcon = () => (
  <Icon>
    <rect x="3" y="4" width="18" height="5" rx="1.5" />
    <path d="M5 9v9a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9M12 17v-5m-2.5 2.5L12 12l2.5 2.5" />
  </Icon>
)

export const BackIcon = () => (
  <Icon isMirrored>
    <path d="m15 5-7 7 7 7" />
  </Icon>
)

export const AttachIcon = () => (
  <Icon>
    <path d="m20.5 11.5-8.4 8.4a5.4 5.4 0 0 1-7.7-7.7l8.5-8.4a3.6 3.6 0 0 1 5.1 5.1l-8.4 8.4a1.8 1.8 0 0 1-2.6-2.5l7.8-7.8" />
  </Icon>
)

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5m-6 6 6-6 6 6" />
  </Icon>
)

export const MoreIcon = () => (
  <Icon>
    <path d="M5 12h.01M12 12h.01M19 12h.01" strokeWidth="3" />
  </Icon>
)

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
)

export const EditIcon = () => (
  <Icon>
    <path d="m4 20 .9-4L16 4.900a1.9 1.9 0 0 1 2.7 0l.4.4a1.9 1.9 0 0 1 0 2.700L8 19.1 4 20ZM14 7l3 3" />
  </Icon>
)

export const DeleteIcon = () => (
  <Icon>
    <path d="M4 7h16M10 11v6m4-6v6M6 7l1 12a1.5 1.5 0 0 0 1.5 1.500h7A1.5 1.5 0 0 0 17 19l1-12M9 7V4.500h6V7" />
  </Icon>
)

export const DownIcon = () => (
  <Icon>
    <path d="m6 9 6 6 6-6" />
  </Icon>
)

export const RetryIcon = () => (
  <Icon isMirrored>
    <path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.400M19.5 3.500v4h-4" />
  </Icon>
)

export const OfflineIcon = () => (
  <Icon>
    <path d="m3 3 18 18M8.5 8.500A6 6 0 0 0 6 9.7 5 5 0 0 0 7.5 19H17M11.5 6.100A6 6 0 0 1 17.5 11a4 4 0 0 1 2.7 6.4" />
  </Icon>
)

export const FileIcon = () => (
  <Icon>
    <path d="M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.500L13.5 3Zm0 0v5.500H19" />
  </Icon>
)

export const ClockIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 8v4l2.5 1.5" />
  </Icon>
)

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.500L19 7.5" />
  </Icon>
)

export const ChecksIcon = () => (
  <Icon>
    <path d="m1.5 12.5 4.5 4.5 9-9.500M11.5 16l1 1 10-9.5" />
  </Icon>
)

export const AlertIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7.500v5M12 16h.01" />
  </Icon>
)

export const ChatIcon = () => (
  <Icon>
    <path d="M20 11.500a7.5 7.5 0 0 1-11 6.600L4 19.500l1.4-4.600A7.5 7.5 0 1 1 20 11.500Z" />
  </Icon>
)
