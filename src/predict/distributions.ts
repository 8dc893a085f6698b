// Written by `npm run calibrate -- FOLDERS --write`; docs/agreement.md says how well it holds.
import type { Distributions } from "./learned.js";
import { parseDistributions } from "./parse-distributions.js";

/** What was learned from recordings of guests, which it names. */
export const DISTRIBUTIONS: Distributions = /* @__PURE__ */ parseDistributions(`
recordings 6.12 balloon-movable-612 balloon-normal-612 bigblock-movable-612 huge1g-normal-612 huge2m-full-normal-612 huge2m-movable-612 huge2m-normal-612 hwpoison-movable-612 ksm-normal-612 mlock-normal-612 numa2-movable-612 secret-normal-612 swap-disk-movable-612 tight-anon-movable-612 tight-anon-normal-612 tight-cache-normal-612 tight-mixed-normal-612 tight-swap-movable-612 tight-swap300-movable-612 uring-normal-612 vmsplice-movable-612 xfs-dirty-movable-612 zram-movable-612 zram-pressure-movable-612 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 d-natural-seed1 e-mixed-seed1 f-partial-normal i-bigdevblk-256m m-cache-normal-seed1 m-mthp64-normal-seed1 u-user-normal c-pinned-normal-seed2-612 e-mixed-seed2-612 tight-anon-normal-b-612 tight-thp-normal-612 u-direct-normal-seed2-612 tight-swap-normal-612 tmpfs-huge-normal-612
recordings 7.2 balloon-movable-72 cma-normal-72 ext4-clean-movable-72 ext4-spliced-normal-72 huge1g-mv-movable-72 huge2m-normal-72 tight-anon-normal-72 xfs-clean-normal-72 zram-normal-72 a-idle-normal-2m c-anon-normal-seed1 c-pinned-normal-seed1 e-mixed-seed1 m-cache-normal-seed1 u-user-normal c-pinned-movable-seed2-72 c-pinned-normal-seed2-72 e-mixed-seed2-72 tight-anon-movable-72 tight-cache-normal-b-72 u-direct-normal-seed2-72 uring-normal-72 d-natural-seed2-72 vmsplice-normal-72 zram-movable-72
recordings 6.1 zram-movable-61 zswap-normal-61 tight-anon-normal-61 u-direct-normal-seed2-61 a-idle-normal-1m a-idle-normal-2m a-idle-normal-4m b-idle-movable-2m c-anon-movable-seed1 c-anon-normal-seed1 c-mlock-normal-seed1 c-pinned-movable-seed1 c-pinned-normal-seed1 c-thp-normal-seed1 c-toofull-normal d-cluster-seed1 d-natural-seed1 d-order3-seed1 d-scatter-dense-seed1 d-scatter-medium-seed1 d-scatter-sparse-seed1 e-mixed-seed1 f-partial-movable f-partial-normal f-refill-holes-seed1 g-automovable-100 g-automovable-301 g-online-default g-online-offline i-bbm256-safe0-seed1 i-bbm256-safe1-seed1 i-bigdevblk-256m m-cache-normal-seed1 r-midchange-normal-seed1 r-retry-seed1 s-churn-automovable-100 s-compile-normal s-grow-160m-movable s-web-normal u-user-normal c-pinned-normal-seed2-61
recordings 5.10 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 f-partial-normal u-direct-normal
# evidence kind kernel guests subblocks turned mean likeness
turned flags MovableZone any 36 24061 0 0.0008489 6.349
turned flags MovableZone 6.1 15 8856 0 0.001495 6.135
turned flags MovableZone 6.12 16 11493 0 0.00139 6.125
turned flags MovableZone 7.2 5 3712 0 0.00227 5.934
turned references MovableZone any 37 24991 0 0.0008269 6.354
turned references MovableZone 6.1 15 8856 0 0.001481 6.137
turned references MovableZone 6.12 16 11505 0 0.001378 6.127
turned references MovableZone 7.2 6 4630 0 0.002107 5.952
turned flags Kernel any 91 2227 18 0.02478 8.761
turned flags Kernel 5.10 5 39 1 0.02442 9.554
turned flags Kernel 6.1 34 910 7 0.02032 12.88
turned flags Kernel 6.12 30 711 6 0.03243 5.149
turned flags Kernel 7.2 22 567 4 0.02533 6.663
turned flags Cached any 73 2269 52 0.02683 5.046
turned flags Cached 5.10 2 8 0 0.02529 4.837
turned flags Cached 6.1 27 302 1 0.02077 3.651
turned flags Cached 6.12 26 887 3 0.01695 6.933
turned flags Cached 7.2 18 1072 48 0.04702 4.591
turned flags Free any 100 42110 0 0.0003542 7.007
turned flags Free 5.10 7 1499 0 0.001224 6.47
turned flags Free 6.1 40 18296 0 0.0006374 6.698
turned flags Free 6.12 31 12198 0 0.0007514 6.694
turned flags Free 7.2 22 10117 0 0.0008592 6.567
turned flags Anon any 66 14917 126 0.005606 2.432
turned flags Anon 5.10 3 767 0 0.005716 3.422
turned flags Anon 6.1 19 4637 1 0.004631 4.247
turned flags Anon 6.12 27 6336 1 0.003822 4.173
turned flags Anon 7.2 17 3177 124 0.009318 1.894
turned references Kernel any 81 3894 1 0.001576 10.69
turned references Kernel 5.10 4 34 0 0.003779 7.271
turned references Kernel 6.1 32 2653 0 0.001697 7.595
turned references Kernel 6.12 25 674 0 0.002238 7.832
turned references Kernel 7.2 20 533 1 0.00391 9.98
turned references Free any 100 42518 0 0.0003532 7.002
turned references Free 5.10 7 1499 0 0.001222 6.467
turned references Free 6.1 40 18519 0 0.0006362 6.693
turned references Free 6.12 31 12334 0 0.0007477 6.691
turned references Free 7.2 22 10166 0 0.0008578 6.564
turned references Anon any 69 17401 2 0.0009626 14.54
turned references Anon 5.10 3 775 0 0.002544 7.179
turned references Anon 6.1 19 4834 1 0.001948 10.65
turned references Anon 6.12 27 7160 1 0.001747 9.408
turned references Anon 7.2 20 4632 0 0.001485 7.627
turned references Slab any 83 253 12 0.03823 6.089
turned references Slab 5.10 5 6 0 0.03137 5.436
turned references Slab 6.1 30 97 1 0.02231 7.183
turned references Slab 6.12 26 71 2 0.03308 6.911
turned references Slab 7.2 22 79 9 0.06023 4.798
turned references File any 55 6288 0 0.0008958 7.296
turned references File 5.10 1 1 0 0.003404 6.394
turned references File 6.1 13 1329 0 0.002003 6.762
turned references File 6.12 23 2911 0 0.001573 6.828
turned references File 7.2 18 2047 0 0.001689 6.83
turned flags Touched any 12 194 123 0.08494 0.4962
turned flags Touched 6.12 12 194 123 0.08494 0.4962
turned flags File any 42 6344 109 0.007301 1.302
turned flags File 5.10 1 1 0 0.009414 2.498
turned flags File 6.1 12 1326 0 0.005432 2.572
turned flags File 6.12 15 2872 0 0.004472 2.548
turned flags File 7.2 14 2145 109 0.01425 1.275
turned flags Slab any 35 161 10 0.05274 3.389
turned flags Slab 5.10 1 2 0 0.04165 4.074
turned flags Slab 6.1 12 66 1 0.03079 5.515
turned flags Slab 6.12 12 43 0 0.02293 4.335
turned flags Slab 7.2 10 50 9 0.1036 3.002
turned flags BufferFree any 5 160 3 0.02249 6.293
turned flags BufferFree 5.10 1 20 0 0.01819 5.994
turned flags BufferFree 6.1 4 140 3 0.02686 6.258
turned references SlabFew any 21 27 3 0.08727 4.537
turned references SlabFew 5.10 2 3 0 0.04572 4.736
turned references SlabFew 6.1 5 7 0 0.03781 5.012
turned references SlabFew 6.12 9 12 3 0.1392 3.601
turned references SlabFew 7.2 5 5 0 0.04021 4.991
turned references BufferFree any 5 160 3 0.02249 6.293
turned references BufferFree 5.10 1 20 0 0.01819 5.994
turned references BufferFree 6.1 4 140 3 0.02686 6.258
turned references Held any 1 110 0 0.01442 5.727
turned references Held 7.2 1 110 0 0.01442 5.727
turned flags Pinned any 8 878 1 0.006414 9.605
turned flags Pinned 6.1 3 423 0 0.007238 6.409
turned flags Pinned 6.12 2 244 1 0.0139 9.128
turned flags Pinned 7.2 3 211 0 0.007714 6.582
turned references Pinned any 11 1416 0 0.002716 6.42
turned references Pinned 6.1 3 423 0 0.005305 6.043
turned references Pinned 6.12 3 366 0 0.005353 6.063
turned references Pinned 7.2 5 627 0 0.004269 6.17
turned flags BufferHeld any 21 612 108 0.2337 2.204
turned flags BufferHeld 6.1 5 155 9 0.1426 2.636
turned flags BufferHeld 6.12 8 239 53 0.2589 2.417
turned flags BufferHeld 7.2 8 218 46 0.2466 1.949
turned references BufferHeld any 21 612 108 0.2337 2.204
turned references BufferHeld 6.1 5 155 9 0.1426 2.636
turned references BufferHeld 6.12 8 239 53 0.2589 2.417
turned references BufferHeld 7.2 8 218 46 0.2466 1.949
turned flags BufferDirty any 6 87 0 0.007483 6.671
turned flags BufferDirty 6.1 4 49 0 0.009759 6.498
turned flags BufferDirty 6.12 1 13 0 0.01442 6.214
turned flags BufferDirty 7.2 1 25 0 0.01356 6.172
turned references BufferDirty any 6 87 0 0.007483 6.671
turned references BufferDirty 6.1 4 49 0 0.009759 6.498
turned references BufferDirty 6.12 1 13 0 0.01442 6.214
turned references BufferDirty 7.2 1 25 0 0.01356 6.172
turned flags SlabFew any 10 13 0 0.01266 7.012
turned flags SlabFew 5.10 2 3 0 0.01917 6.413
turned flags SlabFew 6.1 3 4 0 0.01806 6.504
turned flags SlabFew 6.12 4 5 0 0.01711 6.587
turned flags SlabFew 7.2 1 1 0 0.02141 6.276
turned flags Unknown any 11 1772 8 0.09148 0.754
turned flags Unknown 6.1 9 1769 5 0.01399 4.464
turned flags Unknown 6.12 1 2 2 0.1544 0.9201
turned flags Unknown 7.2 1 1 1 0.1138 1.452
turned flags CachedSuspect any 6 141 24 0.1385 3.98
turned flags CachedSuspect 6.1 6 141 24 0.1385 3.98
turned flags BufferOld any 27 383 68 0.26 4.383
turned flags BufferOld 6.1 6 60 13 0.2629 3.621
turned flags BufferOld 6.12 12 214 36 0.245 4.307
turned flags BufferOld 7.2 9 109 19 0.2489 3.509
turned references BufferOld any 27 383 68 0.26 4.383
turned references BufferOld 6.1 6 60 13 0.2629 3.621
turned references BufferOld 6.12 12 214 36 0.245 4.307
turned references BufferOld 7.2 9 109 19 0.2489 3.509
turned references SlabIdle any 3 3 0 0.02172 6.277
turned references SlabIdle 6.1 3 3 0 0.02172 6.277
# evidence guests quantiles of the error
short flags 14 -0.04922 -0.00332 -0.001953 -0.0005859 0 0 0 0 0.0003906 0.0009766
short references 14 -0.007031 -0.002734 -0.0009766 -0.0005859 0 0 0 0 0.0009766 0.002539
# kernel shares of page kinds
guest 6.12 0 0 0 0 0 0 0 0 0 0.25
guest 7.2 0 0 0 0 0 0 0 0 0 0.25
guest 6.12 0 0 0 0 0 0 0 0.001 0 0.25
guest 6.12 0.293
guest 6.12 0.586
guest 7.2 0.244 0 0.098 0 0 0.003 0 0.001
guest 7.2 0 0 0.244
guest 7.2 0 0 0.195 0 0 0 0 0.003
guest 7.2
guest 6.12 0 0 0 0 0 0 0 0.001
guest 6.12 0 0 0 0 0 0 0 0.001 0.059
guest 6.12 0 0 0 0 0 0 0 0 0.059
guest 7.2 0 0 0 0 0 0 0 0.001 0.059
guest 6.12 0.342
guest 6.12 0.216 0 0 0 0 0.005 0.001
guest 6.12 0.344 0 0 0 0 0 0.001 0.001
guest 6.12 0.44 0 0.098
guest 6.12 0.483 0 0.195
guest 6.12 1
guest 6.12 0.169 0 0 0 0 0.001 0.001 0.002
guest 6.12 0.176
guest 6.12 0.837 0 0.146
guest 6.12 0.799 0 0.147 0 0 0.004 0.002 0.001
guest 7.2 0.802 0 0.139 0 0 0.004 0.002 0.001
guest 6.12 0.293 0 0.64 0 0 0.018 0.001
guest 6.12 0.439 0 0.438 0 0 0.012 0.001 0.001
guest 6.12 0.977
guest 6.12 0.439 0 0 0 0 0 0.001 0.002
guest 7.2 0 0 0.244 0 0 0 0 0.001
guest 6.12 0 0 0.002 0.247
guest 6.1 0.176 0 0 0 0 0 0 0 0 0.151
guest 6.12 0.176 0 0 0 0 0 0 0 0 0.141
guest 7.2 0.176 0 0 0 0 0.001 0.001 0.002 0 0.141
guest 6.12 0.823 0 0 0 0 0 0 0 0 0.128
guest 6.1 0.176 0 0 0 0 0.005 0.001 0.265
guest 7.2 0.309 0 0 0 0 0 0.001 0.001
guest 7.2 0.236 0 0 0 0 0 0.001 0.001
guest 7.2 0.172 0.109 0.093 0.048 0 0.009 0.003 0.017
guest 7.2 0.229 0.146 0.124 0.064 0.001 0.011 0.004 0.02
guest 7.2 0.343 0.123 0.126 0.097 0.001 0.017 0.005 0.03
guest 7.2 0.362 0.117 0.217 0.022 0.002 0.032 0.011 0.059
guest 7.2 0 0 0.342 0 0 0.008 0 0.003
guest 7.2 0 0 0.684 0 0 0.017
guest 7.2 0.183 0 0.037 0 0 0.005 0.002 0.017
guest 7.2 0.599 0 0.147 0 0.001 0.02 0.009 0.059
guest 6.12 0.309 0 0 0 0 0 0.001
guest 6.12 0 0.312 0 0 0 0 0.001
guest 6.12 0.088 0 0 0 0 0.013 0.007 0.186
guest 6.12 0.183 0.098 0.093 0.048 0.001 0.008 0.002 0.015
guest 6.12 0.244 0.13 0.124 0.064 0.001 0.011 0.003 0.02
guest 6.12 0.367 0.084 0.132 0.097 0.001 0.015 0.005 0.038
guest 6.12 0.365 0.07 0.202 0.076 0.002 0.03 0.009 0.06
guest 6.12
guest 6.12 0 0 0 0 0 0.012
guest 6.12 0 0 0.342 0 0 0.01 0 0.001
guest 6.12 0 0 0.684 0 0 0.019
guest 6.12 0.309 0 0 0 0 0 0.001 0.003
guest 6.12 0.176 0.007 0.037 0 0 0.005 0.002 0.016
guest 6.12 0.571 0.027 0.147 0 0.001 0.019 0.009 0.067
guest 5.10
guest 5.10 0.309 0 0 0 0 0 0.001
guest 5.10 0 0.312 0 0 0 0 0.001 0.001
guest 5.10 0 0 0 0 0 0.006
guest 5.10 0.177 0.006 0.037 0 0 0.005 0.002 0.016
guest 7.2 0.197
guest 7.2 0.22 0 0 0 0 0 0.001 0.001
guest 7.2 0.2 0.098 0.094 0.037 0.001 0.009 0.003 0.021
guest 7.2 0.266 0.13 0.125 0.049 0.001 0.012 0.005 0.026
guest 7.2 0.399 0.064 0.117 0.073 0.001 0.017 0.007 0.039
guest 7.2 0.449 0.098 0.144 0.016 0.002 0.032 0.014 0.078
guest 7.2 0.842 0 0.139
guest 7.2 0.464 0 0.474 0 0 0.012 0.001
guest 7.2 0.244 0 0.061 0 0 0.005 0.003 0.011
guest 7.2 0.293 0 0 0 0 0 0.001 0.001
guest 6.12 0.22 0 0 0 0 0 0.001
guest 6.12 0.2 0.098 0.094 0.037 0.001 0.009 0.003 0.02
guest 6.12 0.266 0.13 0.125 0.049 0.001 0.011 0.004 0.027
guest 6.12 0.399 0.068 0.14 0.073 0.001 0.016 0.006 0.041
guest 6.12 0.458 0.102 0.142 0 0.002 0.029 0.013 0.08
guest 6.12 0 0.595 0.342 0 0 0.01 0.001 0.001
guest 6.12 0.228 0.016 0.061 0 0 0.005 0.003 0.009
guest 6.1 0.803 0 0.147 0 0 0.004 0.002
guest 6.1 0.227 0.017 0.061 0 0 0.005 0.002 0.01
guest 6.1
guest 6.1 0.309
guest 6.1 0.309 0 0 0 0 0 0.001
guest 6.1 0.309 0 0 0 0 0.001 0.001
guest 6.1 0.236
guest 6.1 0.236 0 0 0 0 0 0.001
guest 6.1 0 0.312 0 0 0 0 0.001 0.001
guest 6.1 0.005 0.824 0 0 0 0 0.002
guest 6.1 0 0 0 0 0 0 0 0.035
guest 6.1 0.088 0 0 0 0 0.012 0.006 0.186
guest 6.1 0 0 0 0 0 0 0 0.003
guest 6.1 0 0 0 0 0 0 0 0.031
guest 6.1 0 0 0 0 0 0 0 0.002
guest 6.1 0 0 0 0 0 0 0 0.001
guest 6.1 0.183 0.098 0.093 0.048 0 0.008 0.002 0.015
guest 6.1 0.244 0.13 0.124 0.064 0.001 0.011 0.003 0.021
guest 6.1 0.367 0.076 0.129 0.097 0.001 0.015 0.004 0.031
guest 6.1 0.359 0.078 0.205 0.072 0.002 0.03 0.008 0.061
guest 6.1 0 0 0 0 0 0.014
guest 6.1 0.097 0 0 0 0 0.001 0 0.004
guest 6.1 0.195 0 0 0 0 0.002 0.001 0.007
guest 6.1 0.097
guest 6.1 0.195
guest 6.1 0.073 0 0 0 0 0 0 0.002
guest 6.1 0.147 0 0 0 0 0 0.001
guest 6.1 0 0 0.342 0 0 0.01 0 0.001
guest 6.1 0 0 0.684 0 0 0.019
guest 6.1 0.449 0 0 0 0 0 0.002
guest 6.1 0 0 0.027 0.002 0.005 0.005 0 0.001
guest 6.1 0.002 0 0 0.007 0.015 0.015 0 0.001
guest 6.1 0 0.001 0.123 0.032 0.005 0.02 0 0.001
guest 6.1 0.001 0.001 0.165 0.042 0.006 0.027 0 0.001
guest 6.1 0.002 0.003 0.33 0.084 0.012 0.054 0 0.001
guest 6.1 0.003 0 0.073 0.004
guest 6.1 0.001 0 0.039 0.002
guest 6.1 0.018 0.003 0.21 0.112 0.001 0.008 0 0.002
guest 6.1 0.027 0.005 0.315 0.168 0.001 0.012 0.001 0.001
guest 6.1 0.01 0.01 0.582 0.315 0.002 0.022 0.001 0.001
guest 6.1 0.16 0.023 0.037 0 0 0.005 0.002 0.015
guest 6.1 0.509 0.094 0.147 0 0.001 0.019 0.008 0.061
guest 7.2 0.088 0 0 0 0 0.01 0.005 0.109
guest 7.2 0.342 0 0 0 0 0 0.001 0.002
guest 7.2 0.176 0 0 0 0 0 0 0 0 0.141
guest 6.12 0.95 0 0 0 0 0 0.002 0.002
guest 6.12 0 0 0 0.244 0 0 0 0.001
guest 6.1 0.22 0 0 0 0 0 0.001
`);
