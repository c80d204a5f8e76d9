;;; Emacs dape: load it from the init file, then M-x dape and kdap-dump or kdap-live. -*- lexical-binding: t -*-

(require 'dape)

;; Paths are relative to the folder that kdap is started in: the project's.
(add-to-list
 'dape-configs
 '(kdap-dump
   modes (c-mode c-ts-mode c++-mode c++-ts-mode)
   command "kdap"
   command-cwd dape-command-cwd
   :type "kd" :request "attach"
   :dumpFile "samples/crash/sample.dmp"
   :symbolPath ["samples/minint/bin" "samples/driver/O2"]
   :sourceMap (:C:\\kdap ".")))

(add-to-list
 'dape-configs
 '(kdap-live
   modes (c-mode c-ts-mode c++-mode c++-ts-mode)
   command "kdap"
   command-cwd dape-command-cwd
   :type "kd" :request "attach"
   :connection "unix:/tmp/kd,reconnect"
   :symbolPath ["samples/minint/bin" "samples/livedrv/O0"]
   :imagePath ["samples/minint/bin" "samples/livedrv/O0"]
   :sourceMap (:C:\\kdap ".")))
