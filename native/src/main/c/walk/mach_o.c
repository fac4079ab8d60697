#include "walk/mach_o.h"

#include "walk/guard.h"

#define MAGIC_64 0xfeedfacf
#define HEADER_BYTES 32
#define SEGMENT_64 0x19
#define SEGMENT_BYTES 72
#define MOST_COMMAND_BYTES (1 << 20)

struct command {
    uint32_t type, bytes;
};

/* The beginning of struct segment_command_64. */
struct segment {
    struct command command;
    char name[16];
    uint64_t address, size;
};

static bool is_text(const struct segment *segment) {
    static const char text[sizeof segment->name] = "__TEXT";
    return __builtin_memcmp(segment->name, text, sizeof text) == 0;
}

/* The segment __TEXT begins with the header, so its address needs no correction. */
bool spprof_mach_o_read(uint64_t header, struct spprof_library *library) {
    uint32_t magic, count, bytes;
    if (!spprof_load32_sigsafe(header, &magic) || magic != MAGIC_64 ||
        !spprof_load32_sigsafe(header + 16, &count) ||
        !spprof_load32_sigsafe(header + 20, &bytes) || bytes > MOST_COMMAND_BYTES) {
        return false;
    }
    uint64_t at = header + HEADER_BYTES, end = at + bytes;
    for (uint32_t i = 0; i < count && at + sizeof(struct command) <= end; i++) {
        struct segment segment;
        if (!spprof_load_sigsafe(at, &segment.command, sizeof segment.command) ||
            segment.command.bytes < sizeof segment.command || segment.command.bytes > end - at) {
            return false;
        }
        if (segment.command.type == SEGMENT_64 && segment.command.bytes >= SEGMENT_BYTES) {
            if (!spprof_load_sigsafe(at, &segment, sizeof segment)) {
                return false;
            }
            if (is_text(&segment) && segment.size != 0) {
                *library = (struct spprof_library){
                    .begin = header, .end = header + segment.size, .base = header};
                return true;
            }
        }
        at += segment.command.bytes;
    }
    return false;
}
