/*
 * Lets the conformance kit drive a virtio-mem device in C: frames in, frames out
 * (docs/conformance.md).
 *
 *     vmem_serve(&device, 0, 1);   over standard input and output
 *
 * Fill a struct vmem_device with functions; those that are NULL count as not supported. For a
 * little-endian host, as are all that virtio-mem runs on.
 */
#ifndef VMEM_ADAPTER_H
#define VMEM_ADAPTER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VMEM_MAX_PAYLOAD (1u << 20)
#define VMEM_MAX_DESCRIPTORS 128

struct vmem_buffer {
	const uint8_t *bytes;
	uint32_t length;
};

struct vmem_device {
	void *state; /* the first argument of each function */
	/* A new device; false: not with this geometry. */
	bool (*create)(void *state, uint64_t addr, uint64_t region_size, uint64_t block_size);
	/*
	 * A request in `nr` readable descriptors, with `writable` bytes for the response. Returns the
	 * bytes written to `response`, which has room for 64, or -1 for no answer.
	 */
	int (*handle)(void *state, const struct vmem_buffer *readable, unsigned nr, uint32_t writable,
		      uint8_t *response);
	/* Fills `bytes` with `size` bytes of the config space. */
	void (*read_config)(void *state, uint32_t offset, uint32_t size, uint8_t *bytes);
	void (*write_config)(void *state, uint32_t offset, const uint8_t *bytes, uint32_t size);
	bool (*set_requested_size)(void *state, uint64_t size); /* false: refused */
	void (*system_reset)(void *state);
	void (*device_reset)(void *state);
	void (*migrate)(void *state, bool on);
	/* Returns the bytes of a state that restore() takes; the caller frees them. */
	uint8_t *(*snapshot)(void *state, uint32_t *length);
	bool (*restore)(void *state, const uint8_t *bytes, uint32_t length);
};

static inline bool vmem_read(int fd, uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t got = read(fd, bytes, length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		length -= (size_t)got;
	}
	return true;
}

static inline bool vmem_write(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, bytes, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		length -= (size_t)put;
	}
	return true;
}

static inline uint32_t vmem_u32(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint64_t vmem_u64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* The answer to one frame: its status; `*answer` points to `*length` bytes, `room` or allocated. */
static inline uint8_t vmem_answer(const struct vmem_device *device, uint8_t op, const uint8_t *in,
				  uint32_t size, uint8_t **answer, uint32_t *length)
{
	enum { DONE, REFUSED, UNABLE };
	void *state = device->state;
	struct vmem_buffer readable[VMEM_MAX_DESCRIPTORS];
	unsigned nr = 0;
	int written;

	switch (op) {
	case 1: /* handle */
	case 11: /* handle chain */
		if (size < 4)
			return UNABLE;
		if (op == 1) {
			readable[nr++] = (struct vmem_buffer){ in + 4, size - 4 };
		} else {
			for (uint32_t at = 4; at < size;) {
				if (nr == VMEM_MAX_DESCRIPTORS || size - at < 4 ||
				    size - at - 4 < vmem_u32(in + at))
					return UNABLE;
				readable[nr] = (struct vmem_buffer){ in + at + 4, vmem_u32(in + at) };
				at += 4 + readable[nr++].length;
			}
		}
		*answer = malloc(64);
		written = device->handle(state, readable, nr, vmem_u32(in), *answer);
		if (written < 0)
			return REFUSED;
		*length = (uint32_t)written;
		return DONE;
	case 2: /* read config */
		if (size < 8 || vmem_u32(in + 4) > VMEM_MAX_PAYLOAD)
			return UNABLE;
		*length = vmem_u32(in + 4);
		*answer = malloc(*length + 1);
		device->read_config(state, vmem_u32(in), *length, *answer);
		return DONE;
	case 3: /* write config */
		if (size < 4 || device->write_config == NULL)
			return UNABLE;
		device->write_config(state, vmem_u32(in), in + 4, size - 4);
		return DONE;
	case 4: /* requested size */
		return size < 8 ? UNABLE : device->set_requested_size(state, vmem_u64(in)) ? DONE : REFUSED;
	case 5: /* system reset */
		if (device->system_reset == NULL)
			return UNABLE;
		device->system_reset(state);
		return DONE;
	case 6: /* device reset */
		if (device->device_reset == NULL)
			return UNABLE;
		device->device_reset(state);
		return DONE;
	case 7: /* new device */
		if (size < 24)
			return UNABLE;
		return device->create(state, vmem_u64(in), vmem_u64(in + 8), vmem_u64(in + 16)) ? DONE :
												  REFUSED;
	case 8: /* migrate */
		if (size < 1 || device->migrate == NULL)
			return UNABLE;
		device->migrate(state, in[0] != 0);
		return DONE;
	case 9: /* snapshot */
		if (device->snapshot == NULL)
			return UNABLE;
		*answer = device->snapshot(state, length);
		return DONE;
	case 10: /* restore */
		if (device->restore == NULL)
			return UNABLE;
		return device->restore(state, in, size) ? DONE : REFUSED;
	default:
		return UNABLE;
	}
}

/* Answers frames until the input ends. Returns false for a frame that is none. */
static inline bool vmem_serve(const struct vmem_device *device, int input, int output)
{
	uint8_t head[5];

	while (vmem_read(input, head, sizeof(head))) {
		uint32_t size = vmem_u32(head + 1);
		uint32_t length = 0;
		uint8_t *answer = NULL;
		uint8_t *payload;
		bool is_sent;

		if (size > VMEM_MAX_PAYLOAD)
			return false;
		payload = malloc(size + 1);
		if (!vmem_read(input, payload, size))
			return false;
		head[0] = vmem_answer(device, head[0], payload, size, &answer, &length);
		if (head[0] != 0)
			length = 0;
		memcpy(head + 1, &length, sizeof(length));
		is_sent = vmem_write(output, head, sizeof(head)) && vmem_write(output, answer, length);
		free(answer);
		free(payload);
		if (!is_sent)
			return false;
	}
	return true;
}

#endif
