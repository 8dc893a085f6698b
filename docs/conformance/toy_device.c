/*
 * A virtio-mem device in a page of C, to try the conformance kit on and to start from.
 *
 *     cc -O2 -o toy_device toy_device.c
 *     virtio-mem vectors --against ./toy_device
 *
 * It answers as QEMU does on x86, but knows no migration. With --defect it takes one block more than
 * was asked for.
 */
#include "adapter.h"

#define MIB (1ull << 20)

enum { PLUG, UNPLUG, UNPLUG_ALL, STATE };
enum { ACK, NACK, BUSY, ERROR };
enum { PLUGGED, UNPLUGGED, MIXED };

struct toy {
	uint64_t addr, region_size, block_size, usable_size, requested_size, nr_plugged;
	uint8_t *plugged; /* one byte per block */
	bool needs_reset;
	bool defect;
};

static bool toy_create(void *state, uint64_t addr, uint64_t region_size, uint64_t block_size)
{
	struct toy *toy = state;

	if (block_size < MIB || (block_size & (block_size - 1)) != 0)
		return false;
	if (addr % block_size != 0 || region_size % block_size != 0)
		return false;
	free(toy->plugged);
	*toy = (struct toy){
		.addr = addr,
		.region_size = region_size,
		.block_size = block_size,
		.plugged = calloc(region_size / block_size + 1, 1),
		.defect = toy->defect,
	};
	return true;
}

static uint64_t usable_for(const struct toy *toy, uint64_t size)
{
	uint64_t extent = toy->block_size > 256 * MIB ? toy->block_size : 256 * MIB;

	if (size == 0)
		return 0;
	return size + extent < toy->region_size ? size + extent : toy->region_size;
}

static bool toy_set_requested_size(void *state, uint64_t size)
{
	struct toy *toy = state;

	if (size % toy->block_size != 0 || size > toy->region_size)
		return false;
	if (usable_for(toy, size) > toy->usable_size)
		toy->usable_size = usable_for(toy, size);
	toy->requested_size = size;
	return true;
}

static void unplug_all(struct toy *toy)
{
	memset(toy->plugged, 0, toy->region_size / toy->block_size);
	toy->nr_plugged = 0;
	toy->usable_size = usable_for(toy, toy->requested_size);
}

static int respond(uint8_t *response, uint16_t type, uint16_t state)
{
	memset(response, 0, 10);
	memcpy(response, &type, sizeof(type));
	memcpy(response + 8, &state, sizeof(state));
	return 10;
}

static int answer_range(struct toy *toy, uint16_t type, uint64_t addr, uint16_t count,
			uint8_t *response)
{
	uint64_t size = count * toy->block_size;
	uint64_t allowed = toy->requested_size + (toy->defect ? toy->block_size : 0);
	uint64_t first, inside = 0;

	if (count == 0 || addr % toy->block_size != 0 || addr < toy->addr || addr + size < addr ||
	    addr + size > toy->addr + toy->usable_size)
		return respond(response, ERROR, 0);
	first = (addr - toy->addr) / toy->block_size;
	for (uint16_t block = 0; block < count; block++)
		inside += toy->plugged[first + block];
	if (type == STATE)
		return respond(response, ACK, inside == count ? PLUGGED : inside > 0 ? MIXED : UNPLUGGED);
	if (type == PLUG && toy->nr_plugged * toy->block_size + size > allowed)
		return respond(response, NACK, 0);
	if (inside != (type == PLUG ? 0 : count))
		return respond(response, ERROR, 0);
	memset(toy->plugged + first, type == PLUG, count);
	toy->nr_plugged += type == PLUG ? count : -(uint64_t)count;
	return respond(response, ACK, 0);
}

static int toy_handle(void *state, const struct vmem_buffer *readable, unsigned nr,
		      uint32_t writable, uint8_t *response)
{
	struct toy *toy = state;
	uint8_t request[24];
	uint32_t length = 0;
	uint16_t type, count;

	for (unsigned i = 0; i < nr; i++) {
		uint32_t fits = sizeof(request) - length;
		uint32_t part = readable[i].length < fits ? readable[i].length : fits;

		if (part > 0)
			memcpy(request + length, readable[i].bytes, part);
		length += part;
	}
	if (toy->needs_reset)
		return -1;
	memcpy(&type, request, sizeof(type));
	if (length < sizeof(request) || writable < 10 || type > STATE) {
		toy->needs_reset = true;
		return -1;
	}
	if (type == UNPLUG_ALL) {
		unplug_all(toy);
		return respond(response, ACK, 0);
	}
	memcpy(&count, request + 16, sizeof(count));
	return answer_range(toy, type, vmem_u64(request + 8), count, response);
}

static void toy_system_reset(void *state)
{
	struct toy *toy = state;

	unplug_all(toy);
	toy->needs_reset = false;
}

static void toy_device_reset(void *state)
{
	((struct toy *)state)->needs_reset = false;
}

static void toy_read_config(void *state, uint32_t offset, uint32_t size, uint8_t *bytes)
{
	const struct toy *toy = state;
	uint64_t config[7] = {
		toy->block_size, 0, toy->addr, toy->region_size, toy->usable_size,
		toy->nr_plugged * toy->block_size, toy->requested_size,
	};

	memset(bytes, 0xff, size);
	if ((uint64_t)offset + size <= sizeof(config))
		memcpy(bytes, (uint8_t *)config + offset, size);
}

static void toy_write_config(void *state, uint32_t offset, const uint8_t *bytes, uint32_t size)
{
	/* a driver may try; nothing happens */
	(void)state, (void)offset, (void)bytes, (void)size;
}

/* The sizes, then a byte per block. */
static uint8_t *toy_snapshot(void *state, uint32_t *length)
{
	const struct toy *toy = state;
	uint64_t blocks = toy->region_size / toy->block_size;
	uint64_t sizes[3] = { toy->usable_size, toy->requested_size, toy->nr_plugged };
	uint8_t *bytes = malloc(sizeof(sizes) + blocks);

	memcpy(bytes, sizes, sizeof(sizes));
	memcpy(bytes + sizeof(sizes), toy->plugged, blocks);
	*length = (uint32_t)(sizeof(sizes) + blocks);
	return bytes;
}

static bool toy_restore(void *state, const uint8_t *bytes, uint32_t length)
{
	struct toy *toy = state;
	uint64_t blocks = toy->region_size / toy->block_size;

	if (length != 24 + blocks)
		return false;
	toy->usable_size = vmem_u64(bytes);
	toy->requested_size = vmem_u64(bytes + 8);
	toy->nr_plugged = vmem_u64(bytes + 16);
	memcpy(toy->plugged, bytes + 24, blocks);
	toy->needs_reset = false;
	return true;
}

int main(int argc, char **argv)
{
	struct toy toy = { .defect = argc > 1 && strcmp(argv[1], "--defect") == 0 };
	struct vmem_device device = {
		.state = &toy,
		.create = toy_create,
		.handle = toy_handle,
		.read_config = toy_read_config,
		.write_config = toy_write_config,
		.set_requested_size = toy_set_requested_size,
		.system_reset = toy_system_reset,
		.device_reset = toy_device_reset,
		.snapshot = toy_snapshot,
		.restore = toy_restore,
	};

	toy_create(&toy, 1ull << 32, 1ull << 30, 2 * MIB);
	return vmem_serve(&device, 0, 1) ? 0 : 1;
}
