/*
 * Tests the reading of the headers of macOS's libraries. The headers are made here and, if the
 * environment's SPPROF_DYLIB names a library for macOS, read from that file. SPPROF_TEXT_BYTES is
 * then the size of its segment __TEXT, as another program reads it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "test.h"
#include "walk/guard.h"
#include "walk/mach_o.h"

struct header {
    uint32_t magic, processor, subtype, type, commands, bytes, flags, reserved;
};

struct segment {
    uint32_t command, bytes;
    char name[16];
    uint64_t address, size, offset, file_size;
    uint32_t most, first, sections, flags;
};

/* A header between two pages that cannot be read. */
static struct image {
    struct header header;
    uint32_t uuid[6]; /* a command of another type */
    struct segment data, text;
} * image;

static void make_image(void) {
    unsigned char *pages =
        mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    CHECK_EQUAL(0, mprotect(pages, 4096, PROT_NONE));
    CHECK_EQUAL(0, mprotect(pages + 8192, 4096, PROT_NONE));
    image = (struct image *)(void *)(pages + 8192 - sizeof *image);
    *image = (struct image){
        .header = {.magic = 0xfeedfacf, .type = 6, .commands = 3},
        .uuid = {0x1b, sizeof image->uuid},
        .data = {.command = 0x19, .bytes = sizeof image->data, .name = "__DATA", .size = 0x9000},
        .text = {.command = 0x19,
                 .bytes = sizeof image->text,
                 .name = "__TEXT",
                 .address = 0x7ff800000000,
                 .size = 0x23000}};
    image->header.bytes = sizeof *image - sizeof image->header;
    CHECK_EQUAL(0, spprof_guard_install(false));
}

static bool is_read(struct spprof_library *library) {
    return spprof_mach_o_read((uintptr_t)image, library);
}

TEST(mach_o_code_is_where_its_text_segment_is) {
    struct spprof_library library = {.table_entries = 7};
    make_image();
    CHECK(is_read(&library));
    CHECK(library.begin == (uintptr_t)image);
    CHECK(library.end == (uintptr_t)image + 0x23000);
    CHECK_EQUAL(0, library.table_entries);
}

TEST(mach_o_of_another_kind_is_refused) {
    struct spprof_library library;
    make_image();
    image->header.magic = 0xfeedface; /* 32 bits */
    CHECK(!is_read(&library));
    image->header.magic = 0xfeedfacf;
    image->text.size = 0;
    CHECK(!is_read(&library));
    image->text.size = 0x23000;
    strcpy(image->text.name, "__TEXT_EXEC");
    CHECK(!is_read(&library));
    strcpy(image->text.name, "__TEXT");
    image->header.commands = 2;
    CHECK(!is_read(&library));
    CHECK(!spprof_mach_o_read(0, &library));
}

TEST(mach_o_that_is_damaged_or_gone_is_refused) {
    struct spprof_library library;
    make_image();
    image->header.commands = UINT32_MAX;
    image->header.bytes = UINT32_MAX;
    CHECK(!is_read(&library));
    image->header.bytes = 1 << 20; /* there are only unreadable pages behind the last command */
    strcpy(image->text.name, "__OTHER");
    CHECK(!is_read(&library));
    strcpy(image->text.name, "__TEXT");
    image->header.bytes = sizeof *image - sizeof image->header;
    const uint32_t sizes[] = {0, 7, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        image->data.bytes = sizes[i];
        CHECK(!is_read(&library));
    }
    image->data.bytes = sizeof image->data;
    CHECK(is_read(&library));
    image->text.bytes = 40; /* too short for a segment */
    CHECK(!is_read(&library));
    image->text.bytes = sizeof image->text + 8; /* longer than all commands */
    CHECK(!is_read(&library));
    image->text.bytes = sizeof image->text;
    CHECK(is_read(&library));
    image->uuid[1] = 4; /* shorter than its own size; a command of 20 bytes seems to follow */
    image->uuid[2] = 20;
    image->header.commands = 4;
    CHECK(!is_read(&library));
    image->uuid[1] = sizeof image->uuid;
    CHECK(is_read(&library));
    CHECK_EQUAL(0, mprotect((void *)((uintptr_t)image & ~UINT64_C(4095)), 4096, PROT_NONE));
    CHECK(!is_read(&library));
}

/* In the file, code begins with the header, too, so the file can be read as if it were loaded. */
TEST(mach_o_of_a_built_library_is_read) {
    const char *path = getenv("SPPROF_DYLIB");
    struct spprof_library library;
    if (path == NULL) {
        return;
    }
    int file = open(path, O_RDONLY);
    struct stat status;
    CHECK(file >= 0 && fstat(file, &status) == 0);
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    CHECK(mapped != MAP_FAILED);
    CHECK_EQUAL(0, spprof_guard_install(false));
    CHECK(spprof_mach_o_read((uintptr_t)mapped, &library));
    CHECK(library.begin == (uintptr_t)mapped);
    CHECK_EQUAL(strtoll(getenv("SPPROF_TEXT_BYTES"), NULL, 0), library.end - library.begin);
}

int main(void) {
    RUN(mach_o_code_is_where_its_text_segment_is);
    RUN(mach_o_of_another_kind_is_refused);
    RUN(mach_o_that_is_damaged_or_gone_is_refused);
    RUN(mach_o_of_a_built_library_is_read);
    return report();
}
