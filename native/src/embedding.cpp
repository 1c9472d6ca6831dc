#include "kernels.h"
#include "vec.h"

namespace rondo::RONDO_ISA {

void embedding_backward(const float *diff_dst, const int64_t *ids, int64_t count, int64_t width, int64_t padding,
                        float *diff_table) {
    for (int64_t row = 0; row < count; row++) {
        if (ids[row] == padding) {
            continue;
        }
        const float *const src = diff_dst + row * width;
        float *const dst = diff_table + ids[row] * width;
        for_each_vec(width, [&](int64_t i, auto lanes) {
            lanes.store(dst + i, lanes.load(dst + i) + lanes.load(src + i));
        });
    }
}

}  // namespace rondo::RONDO_ISA
