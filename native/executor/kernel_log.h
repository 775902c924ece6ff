#ifndef HOSTLER_KERNEL_LOG_H
#define HOSTLER_KERNEL_LOG_H

/* Says whom the log tells of by now. The kernel wakes those who read it later than those who watch the counter that goes with it. */
void kernel_log_take(void);

#endif
