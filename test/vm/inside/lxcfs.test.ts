import { describe } from 'vitest';
import { tellOfSizes } from '../../scenarios/lxcfs-story.ts';

// lxcfs 5 looks for memory.swap.max where the kernel has none, at the root of cgroup v2, and then shows no swap at all.
describe("on a host with Debian's own lxcfs", () => tellOfSizes({ shownSwap: () => 0 }));
