/** One metric with all its series, as Prometheus has them. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** A sentence. */
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly labels?: MetricLabels;
  readonly value: number;
  /** Of a histogram: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** Nothing that grows without end: no numbers, paths or texts of devices and errors. `version` is of the build, `le` of histograms. */
export type MetricLabels = Readonly<
  Partial<Record<'guest' | 'resource' | 'rule' | 'action' | 'result' | 'phase' | 'version' | 'le', string>>
>;

/** How long something took, in seconds. */
export interface Durations {
  /** Upper bounds, ascending; what took longer is in the last count, which has none. */
  readonly bounds: readonly number[];
  /** One more than bounds; each without those below it. */
  readonly counts: readonly number[];
  readonly sum: number;
}
