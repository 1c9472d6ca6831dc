#include <initializer_list>

#include "check.h"
#include "rondo_kernels.h"

static void good_ids(int64_t rows, int64_t width, int64_t count) {
    test::Guarded<float> table(rows * width);
    test::Guarded<int64_t> ids(count);
    test::Guarded<float> dst(count * width);
    for (int64_t i = 0; i < table.count; i++) {
        table[i] = static_cast<float>(i);
    }
    for (int64_t i = 0; i < count; i++) {
        ids[i] = static_cast<int64_t>(test::generator() % rows);
    }

    const int64_t bad = rondo_embedding_f32(table.data, rows, width, ids.data, count, dst.data);
    CHECK(bad == -1, "position %d", int(bad));
    for (int64_t i = 0; i < dst.count; i++) {
        CHECK(dst[i] == static_cast<float>(ids[i / width] * width + i % width), "width %d, element %d", int(width),
              int(i));
    }
}

static void bad_id(int64_t rows, int64_t count, int64_t position, int64_t id) {
    constexpr int64_t kWidth = 5;
    test::Guarded<float> table(rows * kWidth);
    test::Guarded<int64_t> ids(count);
    test::Guarded<float> dst(count * kWidth);
    for (int64_t i = 0; i < count; i++) {
        ids[i] = i < position ? rows - 1 : id;
    }

    const int64_t bad = rondo_embedding_f32(table.data, rows, kWidth, ids.data, count, dst.data);
    CHECK(bad == position, "position %d instead of %d", int(bad), int(position));
    for (int64_t i = 0; i < dst.count; i++) {
        CHECK(dst.is_untouched(i), "element %d", int(i));
    }
}

void test::embedding() {
    for (int64_t width = 1; width <= 70; width++) {
        for (const int64_t count : {0, 1, 2, 17}) {
            good_ids(11, width, count);
        }
    }
    for (const int64_t id : {int64_t(-1), int64_t(7), int64_t(8), INT64_MIN, INT64_MAX, int64_t(1) << 32}) {
        for (int64_t position = 0; position < 9; position++) {
            bad_id(7, 9, position, id);
        }
    }
    bad_id(0, 1, 0, 0);
}
