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

// Sums in single precision in the order of the ids: nothing is rounded differently.
static void backward(int64_t rows, int64_t width, int64_t count, int64_t padding) {
    test::Guarded<float> diff_dst(count * width);
    test::Guarded<int64_t> ids(count);
    test::Guarded<float> diff_table(rows * width);
    test::Guarded<float> expected(rows * width);
    test::fill(diff_dst, 3);
    test::fill(diff_table, 3);
    test::copy(diff_table, expected);
    for (int64_t i = 0; i < count; i++) {
        ids[i] = static_cast<int64_t>(test::generator() % rows);
        for (int64_t j = 0; j < width && ids[i] != padding; j++) {
            expected[ids[i] * width + j] += diff_dst[i * width + j];
        }
    }
    rondo_embedding_backward_f32(diff_dst.data, ids.data, count, width, padding, diff_table.data);
    for (int64_t i = 0; i < diff_table.count; i++) {
        CHECK(diff_table[i] == expected[i], "width %d, element %d: %.9g instead of %.9g", int(width), int(i),
              double(diff_table[i]), double(expected[i]));
    }
}

void test::embedding_backward() {
    for (int64_t width = 1; width <= 70; width++) {
        for (const int64_t count : {0, 1, 2, 50}) {
            backward(11, width, count, -1);
            backward(11, width, count, 4);
        }
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
