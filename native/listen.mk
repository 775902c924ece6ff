FUZZ_SECONDS := 60
FUZZED := -std=gnu17 -D_GNU_SOURCE= -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined

# One kernel and one udev message to start from.
.PHONY: fuzz fuzz-kmsg
fuzz: $(BUILD)/fuzz/uevent fuzz-kmsg
	@mkdir -p $(BUILD)/fuzz/corpus
	@printf '\001add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=usb\0SEQNUM=1\0' > $(BUILD)/fuzz/corpus/kernel
	@printf '\000libudev\0\376\355\312\376\050\0\0\0\050\0\0\0\063\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' > $(BUILD)/fuzz/corpus/udev
	@printf 'ACTION=add\0DEVPATH=/abcdefg\0SUBSYSTEM=usb\0SEQNUM=1\0' >> $(BUILD)/fuzz/corpus/udev
	$(BUILD)/fuzz/uevent -dict=../test/fuzz/uevent.dict -max_len=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus

$(BUILD)/fuzz/uevent: ../test/fuzz/uevent.c node-udev/uevent.c node-udev/uevent.h
	@mkdir -p $(@D)
	clang $(FUZZED) -Inode-udev -o $@ ../test/fuzz/uevent.c node-udev/uevent.c

KMSG_PARSER := executor/oom_log.c executor/hierarchies.c executor/protocol.c

# A record that is whole, and one that is cut in two.
fuzz-kmsg: $(BUILD)/fuzz/kmsg
	@mkdir -p $(BUILD)/fuzz/corpus-kmsg
	@printf '6,1,2,-;oom-kill:constraint=C,oom_memcg=/a,task_memcg=/a/b,task=c,pid=7,uid=0\n' \
		> $(BUILD)/fuzz/corpus-kmsg/whole
	@printf '6,1,2,-;oom-kill:constraint=C,global_oom\n6,2,2,c;,task_memcg=/a,task=c,pid=7,uid=0\n' \
		> $(BUILD)/fuzz/corpus-kmsg/cut
	$< -dict=../test/fuzz/kmsg.dict -max_len=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/kmsg- $(BUILD)/fuzz/corpus-kmsg

$(BUILD)/fuzz/kmsg: ../test/fuzz/kmsg.c $(KMSG_PARSER) executor/oom_log.h executor/hierarchies.h
	@mkdir -p $(@D)
	clang $(FUZZED) -Iexecutor -o $@ ../test/fuzz/kmsg.c $(KMSG_PARSER)

TRACE_PARSER := executor/trace_line.c executor/protocol.c

# A refusal, and one after some were lost.
.PHONY: fuzz-trace
fuzz: fuzz-trace
fuzz-trace: $(BUILD)/fuzz/trace
	@mkdir -p $(BUILD)/fuzz/corpus-trace
	@printf '\00717378 1 71705846854780 type: 173\n' > $(BUILD)/fuzz/corpus-trace/refusal
	@printf '\377CPU:0 [LOST 12 EVENTS]\n7 0 1 type: 1\n' > $(BUILD)/fuzz/corpus-trace/lost
	$< -dict=../test/fuzz/trace.dict -max_len=512 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/trace- $(BUILD)/fuzz/corpus-trace

$(BUILD)/fuzz/trace: ../test/fuzz/trace.c $(TRACE_PARSER) executor/trace_line.h
	@mkdir -p $(@D)
	clang $(FUZZED) -Iexecutor -o $@ ../test/fuzz/trace.c $(TRACE_PARSER)
