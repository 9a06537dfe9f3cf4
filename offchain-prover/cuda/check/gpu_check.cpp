// gpu-check [MAX_LOG [DEVICE]]: checks libclearproof_cuda on a device against results of arkworks, and times it.
//
// Sums and transforms of up to 2^MAX_LOG elements (20 unless said otherwise) are checked. Inputs are made here, the same as where
// vectors.h was made (groth16/tests/cuda/vectors.rs): scalars from a generator, points as multiples 1 to 1024 of the group's
// generator. Ends with the number of checks, and with status 1 if one failed.

#include "clearproof_cuda.h"
#include "vectors.h"

#include <ff/alt_bn128-fp2.hpp>

#include <ec/jacobian_t.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace {

typedef std::vector<uint64_t> numbers;

char message[512];
int passed = 0, failed = 0;

void must(int32_t code)
{
    if (code != CLEARPROOF_CUDA_OK) {
        std::printf("error %d: %s\n", code, message);
        std::exit(1);
    }
}

void verdict(bool right, const std::string &what)
{
    (right ? passed : failed)++;
    if (!right)
        std::printf("WRONG: %s\n", what.c_str());
}

// splitmix64.
struct generator {
    uint64_t state;
    uint64_t next()
    {
        uint64_t z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
};

// Every sixteenth is zero, another one; the others have 253 bits.
numbers scalars(uint64_t seed, size_t count)
{
    generator random{seed};
    numbers limbs(count * 4);
    for (size_t i = 0; i < count; i++)
        for (int j = 0; j < 4; j++) {
            uint64_t limb = random.next() & (j == 3 ? UINT64_MAX >> 3 : UINT64_MAX);
            limbs[i * 4 + j] = i % 16 == 3 ? 0 : i % 16 == 7 ? ONE[j] : limb;
        }
    return limbs;
}

uint64_t fingerprint(const numbers &limbs)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (uint64_t limb : limbs)
        hash = (hash ^ limb) * 0x100000001b3;
    return hash;
}

// Affine coordinates of a point in Jacobian ones; zeros for infinity.
template <class field> numbers affine(const void *jacobian)
{
    typedef jacobian_t<field> point;
    point p;
    std::memcpy(static_cast<void *>(&p), jacobian, sizeof(p));
    numbers limbs(sizeof(field) / 4, 0);
    if (!p.is_inf()) {
        typename point::affine_t a = p;
        std::memcpy(limbs.data(), static_cast<const void *>(&a), limbs.size() * 8);
    }
    return limbs;
}

// The multiples 1 to 1024 of a generator, again and again; every 64th is infinity.
template <class field> numbers points(const uint64_t *generator_limbs, size_t count)
{
    const size_t width = sizeof(field) / 4;
    typename jacobian_t<field>::affine_t first;
    std::memcpy(static_cast<void *>(&first), generator_limbs, width * 8);
    jacobian_t<field> sum = first;
    const size_t distinct = std::min<size_t>(count, 1024);
    numbers limbs(count * width, 0);
    for (size_t k = 0; k < distinct; k++) {
        const numbers point = affine<field>(&sum);
        for (size_t i = k; i < count; i += 1024)
            if (i % 64 != 5)
                std::copy(point.begin(), point.end(), limbs.begin() + i * width);
        sum.dadd(jacobian_t<field>(first));
    }
    return limbs;
}

class device {
    clearproof_cuda_context *context = nullptr;

public:
    explicit device(uint32_t index) { must(clearproof_cuda_open(index, &context, message, sizeof(message))); }
    ~device() { must(clearproof_cuda_close(context, message, sizeof(message))); }

    clearproof_cuda_context *handle() { return context; }
    void introduce()
    {
        clearproof_cuda_device told;
        must(clearproof_cuda_device_info(context, &told, message, sizeof(message)));
        std::printf("%s, compute capability %u.%u, %.1f of %.1f GB free\n", told.name, told.major, told.minor,
                    told.memory_free / 1e9, told.memory_total / 1e9);
    }
    clearproof_cuda_vector *upload(uint32_t kind, const numbers &limbs)
    {
        clearproof_cuda_vector *vector = nullptr;
        const uint64_t width = kind == CLEARPROOF_CUDA_SCALARS ? 4 : kind == CLEARPROOF_CUDA_G1 ? 8 : 16;
        must(clearproof_cuda_upload(context, kind, limbs.data(), limbs.size() / width, &vector, message, sizeof(message)));
        return vector;
    }
    numbers download(const clearproof_cuda_vector *vector, size_t count)
    {
        numbers limbs(count * 4);
        must(clearproof_cuda_download(context, vector, limbs.data(), count, message, sizeof(message)));
        return limbs;
    }
    void free(clearproof_cuda_vector *vector) { must(clearproof_cuda_free(context, vector, message, sizeof(message))); }
    numbers msm(const clearproof_cuda_vector *bases, const clearproof_cuda_vector *factors, uint64_t offset, size_t limbs)
    {
        numbers sum(limbs);
        must(clearproof_cuda_msm(context, bases, factors, offset, sum.data(), limbs, message, sizeof(message)));
        return sum;
    }
    void ntt(clearproof_cuda_vector *values, bool inverse, bool coset)
    {
        must(clearproof_cuda_ntt(context, values, inverse, coset, message, sizeof(message)));
    }
    void quotient(clearproof_cuda_vector *a, clearproof_cuda_vector *b, clearproof_cuda_vector *c, const uint64_t factor[4])
    {
        must(clearproof_cuda_quotient(context, a, b, c, factor, message, sizeof(message)));
    }
};

// Median of five, in milliseconds, for sizes that are worth it.
void timed(const char *what, size_t count, const std::function<void()> &work)
{
    if (count < (size_t)1 << 18)
        return;
    std::vector<double> times;
    for (int i = 0; i < 5; i++) {
        auto start = std::chrono::steady_clock::now();
        work();
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    std::printf("%-24s %8zu: median %9.3f ms, best %9.3f ms\n", what, count, times[2], times[0]);
}

template <class field>
void check_sum(device &gpu, const char *group, uint32_t kind, const uint64_t *first, size_t count, const uint64_t *expected)
{
    const size_t width = sizeof(field) / 4;
    // Scalars before the first that is used, and after the last.
    const uint64_t offset = 3;
    numbers factors = scalars(1, count);
    factors.insert(factors.begin(), offset * 4, 1);
    factors.insert(factors.end(), 8, 1);
    clearproof_cuda_vector *loaded = gpu.upload(CLEARPROOF_CUDA_SCALARS, factors);
    const numbers bases = points<field>(first, count);
    clearproof_cuda_vector *held = gpu.upload(kind, bases);
    const std::string what = std::string("sum in ") + group;
    // Twice, as what a sum leaves behind must not disturb the next.
    for (int round = 0; round < 2; round++) {
        const numbers sum = affine<field>(gpu.msm(held, loaded, offset, width * 3 / 2).data());
        verdict(std::equal(sum.begin(), sum.end(), expected), what + " over " + std::to_string(count));
    }
    timed(what.c_str(), count, [&] { gpu.msm(held, loaded, offset, width * 3 / 2); });
    gpu.free(held);
    timed((std::string("points to device, ") + group).c_str(), count, [&] {
        clearproof_cuda_vector *again = gpu.upload(kind, bases);
        gpu.free(again);
    });
    gpu.free(loaded);
}

void check_transforms(device &gpu, const transform_case &expected)
{
    const size_t count = (size_t)1 << expected.log_size;
    const char *names[4] = {"forward", "inverse", "forward on coset", "inverse on coset"};
    const numbers input = scalars(1, count);
    for (int i = 0; i < 4; i++) {
        clearproof_cuda_vector *values = gpu.upload(CLEARPROOF_CUDA_SCALARS, input);
        gpu.ntt(values, i % 2, i / 2);
        verdict(fingerprint(gpu.download(values, count)) == expected.fingerprints[i],
                std::string(names[i]) + " of " + std::to_string(count));
        timed(names[i], count, [&] { gpu.ntt(values, i % 2, i / 2); });
        gpu.free(values);
    }
    clearproof_cuda_vector *vectors[3];
    for (int i = 0; i < 3; i++)
        vectors[i] = gpu.upload(CLEARPROOF_CUDA_SCALARS, scalars(i + 1, count));
    gpu.quotient(vectors[0], vectors[1], vectors[2], expected.vanishing_inverse);
    verdict(fingerprint(gpu.download(vectors[0], count)) == expected.fingerprints[4], "quotient of " + std::to_string(count));
    timed("quotient", count, [&] { gpu.quotient(vectors[0], vectors[1], vectors[2], expected.vanishing_inverse); });
    for (clearproof_cuda_vector *vector : vectors)
        gpu.free(vector);
    timed("scalars to device", count, [&] {
        clearproof_cuda_vector *values = gpu.upload(CLEARPROOF_CUDA_SCALARS, input);
        gpu.free(values);
    });
}

// What is not to be done is refused, with the code that it should be.
void check_refusals(device &gpu)
{
    clearproof_cuda_context *context = gpu.handle(), *other = nullptr;
    const numbers four(16, 0), three(12, 0), points_g1(32, 0);
    clearproof_cuda_vector *a = gpu.upload(CLEARPROOF_CUDA_SCALARS, four), *b = gpu.upload(CLEARPROOF_CUDA_SCALARS, four);
    clearproof_cuda_vector *c = gpu.upload(CLEARPROOF_CUDA_SCALARS, three), *bases = gpu.upload(CLEARPROOF_CUDA_G1, points_g1);
    clearproof_cuda_vector *none = nullptr;
    numbers room(24);
    uint64_t *out = room.data();
    char *text = message;
    const uint64_t len = sizeof(message);
    const auto refused = [](int32_t code, int32_t expected, const char *what) {
        verdict(code == expected && message[0] != 0, std::string("refusal: ") + what);
        message[0] = 0;
    };
    const int32_t bad = CLEARPROOF_CUDA_BAD_ARGUMENT;
    message[0] = 0;
    refused(clearproof_cuda_open(1000, &other, text, len), CLEARPROOF_CUDA_NO_DEVICE, "device 1000");
    refused(clearproof_cuda_device_info(nullptr, nullptr, text, len), bad, "no context");
    refused(clearproof_cuda_upload(context, 3, out, 1, &none, text, len), bad, "kind 3");
    refused(clearproof_cuda_upload(context, 0, nullptr, 1, &none, text, len), bad, "no limbs");
    refused(clearproof_cuda_upload(context, 0, out, (uint64_t)1 << 31, &none, text, len), bad, "2^31 scalars");
    refused(clearproof_cuda_download(context, a, out, 3, text, len), bad, "room for three of four scalars");
    refused(clearproof_cuda_download(context, bases, out, 4, text, len), bad, "points for scalars");
    refused(clearproof_cuda_free(context, nullptr, text, len), bad, "no vector");
    refused(clearproof_cuda_msm(context, bases, c, 0, out, 12, text, len), bad, "fewer scalars than bases");
    refused(clearproof_cuda_msm(context, bases, a, 1, out, 12, text, len), bad, "fewer scalars from the first on");
    refused(clearproof_cuda_msm(context, bases, a, UINT64_MAX, out, 12, text, len), bad, "an offset that wraps");
    refused(clearproof_cuda_msm(context, a, b, 0, out, 12, text, len), bad, "scalars for bases");
    refused(clearproof_cuda_msm(context, bases, a, 0, out, 24, text, len), bad, "room for a sum in G2");
    refused(clearproof_cuda_ntt(context, c, 0, 0, text, len), bad, "three values");
    refused(clearproof_cuda_ntt(context, a, 2, 0, text, len), bad, "a direction that is none");
    refused(clearproof_cuda_divide(context, a, b, c, ONE, text, len), bad, "vectors that differ in length");
    refused(clearproof_cuda_divide(context, a, b, b, ONE, text, len), bad, "a vector twice");
    refused(clearproof_cuda_quotient(context, a, b, c, nullptr, text, len), bad, "no factor");
    for (clearproof_cuda_vector *vector : {a, b, c, bases})
        gpu.free(vector);
}

} // namespace

int main(int argc, char **argv)
{
    const uint32_t most = argc > 1 ? (uint32_t)std::atoi(argv[1]) : 20;
    const uint32_t index = argc > 2 ? (uint32_t)std::atoi(argv[2]) : 0;
    if (clearproof_cuda_version() != CLEARPROOF_CUDA_VERSION) {
        std::printf("the library's version is %u, this program's %u\n", clearproof_cuda_version(), CLEARPROOF_CUDA_VERSION);
        return 1;
    }
    device gpu{index};
    gpu.introduce();
    check_refusals(gpu);
    for (const sum_case &expected : SUMS) {
        if (expected.count > (uint64_t)1 << most)
            continue;
        check_sum<fp_t>(gpu, "G1", CLEARPROOF_CUDA_G1, GENERATOR_G1, expected.count, expected.g1);
        check_sum<fp2_t>(gpu, "G2", CLEARPROOF_CUDA_G2, GENERATOR_G2, expected.count, expected.g2);
    }
    for (const transform_case &expected : TRANSFORMS)
        if (expected.log_size <= most)
            check_transforms(gpu, expected);
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
