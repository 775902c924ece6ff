import { absolutePathProblem } from './absolute-path.ts';
import { alertsSchema } from './alerts.ts';
import { cpuSettingsSchema } from './cpu-settings.ts';
import { dampingSchema } from './damping.ts';
import { metricsSchema } from './metrics.ts';
import { reserveSchema } from './reserve.ts';
import { mapping, text } from './schema-parts.ts';
import { shutdownSchema } from './shutdown.ts';

/** hostler.yaml. */
export const settingsSchema = mapping(
  'settings, such as lxcPath: /var/lib/lxc',
  {
    lxcPath: text('an absolute path, such as /var/lib/lxc', absolutePathProblem, {
      description: 'Where LXC keeps its guests.',
      pattern: '^/',
      default: '/var/lib/lxc',
    }).optional(),
    damping: dampingSchema.optional(),
    alerts: alertsSchema.optional(),
    reserve: reserveSchema.optional(),
    metrics: metricsSchema.optional(),
    cpu: cpuSettingsSchema.optional(),
    shutdown: shutdownSchema.optional(),
  },
  { description: 'Settings of hostler itself.' },
);
