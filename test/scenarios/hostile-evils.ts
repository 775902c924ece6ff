/** One thing that a guest's root may put where a folder or a node should be. */
export interface Evil {
  readonly says: string;
  /** What is replaced, as a shell word: $DEV, $FOLDER, $NODE or $LINK. */
  readonly place: '$DEV' | '$FOLDER' | '$NODE' | '$LINK';
  /** Makes it under the name $EVIL; knows $CANARY, a folder that host and guest both have, and $OWN, the way to the guest's /tmp. */
  readonly plant: string;
  /** Absent: it is in nobody's way. */
  readonly code?: 'E_PATH_ESCAPE' | 'E_NODE_FOREIGN';
  /** Only a privileged guest can do it. */
  readonly privileged?: true;
}

const NAMES = { $DEV: '/dev', $FOLDER: 'a folder below /dev', $NODE: 'the node', $LINK: 'the link' } as const;
const LINKS = {
  'an absolute link': 'ln -s $CANARY $EVIL',
  'a relative link': 'ln -s ../../../../../../../..$CANARY $EVIL',
  'a magic link': 'ln -s /proc/self/root$CANARY $EVIL',
  'a link to a folder of its own': 'ln -s $OWN $EVIL',
} as const;
const FILES = {
  'a FIFO': 'mkfifo $EVIL',
  'a file': 'echo x > $EVIL',
} as const;
const entries = (plants: Readonly<Record<string, string>>) => Object.entries(plants);

const above = (place: '$DEV' | '$FOLDER'): readonly Evil[] => [
  ...entries(LINKS).map(([says, plant]) => ({
    says: `${NAMES[place]} ${says}`,
    place,
    plant,
    code: 'E_PATH_ESCAPE' as const,
  })),
  ...entries(FILES).map(([says, plant]) => ({
    says: `${NAMES[place]} ${says}`,
    place,
    plant,
    code: 'E_NODE_FOREIGN' as const,
  })),
  { says: `${NAMES[place]} an empty folder`, place, plant: 'mkdir $EVIL' },
];
const at = (place: '$NODE' | '$LINK', plants: Readonly<Record<string, string>>): readonly Evil[] =>
  entries(plants).map(([says, plant]) => ({ says: `${NAMES[place]} ${says}`, place, plant, code: 'E_NODE_FOREIGN' }));

export const evils: readonly Evil[] = [
  ...above('$DEV'),
  ...above('$FOLDER'),
  ...at('$NODE', {
    'a link to a file': 'ln -s $CANARY/file $EVIL',
    ...FILES,
    'a socket': 'socket $EVIL',
    'a folder': 'mkdir $EVIL',
  }),
  { says: 'the node another device', place: '$NODE', plant: 'mknod $EVIL c 1 3', privileged: true },
  ...at('$LINK', FILES),
];

/** In one move where the kernel allows it: what was there is then under $EVIL. A mount is moved out of the way first, to $AWAY. */
export const PUT = `
exchange $EVIL $PLACE || mv -T $EVIL $PLACE || {
  if [ -d $PLACE ]; then mkdir $AWAY; else echo > $AWAY; fi
  mount --move $PLACE $AWAY && exchange $EVIL $PLACE
}`;

/** The agent may take an empty folder of its own away before something is moved onto it: then once more. */
export const UNDO = `
if [ -e $EVIL ]; then exchange $EVIL $PLACE && rm -rf $EVIL; else rm -rf $PLACE; fi
if [ -e $AWAY ]; then
  for try in 1 2 3 4 5; do
    if [ -d $AWAY ]; then mkdir -p $PLACE; else [ -e $PLACE ] || echo > $PLACE; fi
    mount --move $AWAY $PLACE && break
  done
  rm -rf $AWAY
fi`;
