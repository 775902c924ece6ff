FUZZ_SECONDS := 60
FUZZED := -std=gnu17 -D_GNU_SOURCE= -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined

# One kernel and one udev message to start from.
.PHONY: fuzz
fuzz: $(BUILD)/fuzz/uevent
	@mkdir -p $(BUILD)/fuzz/corpus
	@printf '\001add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=usb\0SEQNUM=1\0' > $(BUILD)/fuzz/corpus/kernel
	@printf '\000libudev\0\376\355\312\376\050\0\0\0\050\0\0\0\063\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' > $(BUILD)/fuzz/corpus/udev
	@printf 'ACTION=add\0DEVPATH=/abcdefg\0SUBSYSTEM=usb\0SEQNUM=1\0' >> $(BUILD)/fuzz/corpus/udev
	$< -dict=../test/fuzz/uevent.dict -max_len=1024 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus

$(BUILD)/fuzz/uevent: ../test/fuzz/uevent.c node-udev/uevent.c node-udev/uevent.h
	@mkdir -p $(@D)
	clang $(FUZZED) -Inode-udev -o $@ ../test/fuzz/uevent.c node-udev/uevent.c
