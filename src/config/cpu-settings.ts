import { choice, mapping } from './schema-parts.ts';

/** cpu of hostler.yaml. */
export const cpuSettingsSchema = mapping(
  'settings of CPU time, such as { bursts: lease }',
  {
    bursts: choice(['grant', 'lease'], {
      description:
        'How a guest gets the CPU time that it saved up, where the kernel does not keep its bucket by itself. grant: its quota is written again, which fills it up. lease: its quota is raised, and is what it was when nobody renews that. Absent: grant where the kernel is found to fill it up, else lease.',
    }).optional(),
  },
  { description: 'CPU time of all guests.' },
);
