// UART models: the register behaviour that polling drivers rely on. Received bytes come from a script, as a host would
// send it: the next message only after the firmware's prompt. Transmitted bytes are kept. Bits and offsets are from
// the parts' reference manuals (USART, UART, UARTE, PL011 chapters).
#include <string.h>

#include "tracer.h"

#define OUTPUT_LIMIT_BYTES (64u << 20)

static uint32_t word_at(Tracer* tracer, uint32_t offset) {
  return peripheral_word(&tracer->peripherals, tracer->uart.base + offset);
}

static void transmit(Tracer* tracer, uint8_t byte, bool enabled) {
  Uart* uart = &tracer->uart;
  uart->idle_polls = 0;
  if (!enabled) {
    uart->lost_transmit_bytes++;
    return;
  }
  uint8_t* slot = uart->output.count < OUTPUT_LIMIT_BYTES ? records_push(&uart->output, 1) : NULL;
  if (slot == NULL) {
    tracer_stop(tracer, STOP_TABLE_FULL, tracer_where(tracer));
    return;
  }
  *slot = byte;
  region_on_transmit(tracer, byte);
  if (uart->prompt_bytes == 0) return;
  if (byte != (uint8_t)uart->prompt[uart->prompt_matched]) uart->prompt_matched = 0;
  if (byte == (uint8_t)uart->prompt[uart->prompt_matched]) uart->prompt_matched++;
  if (uart->prompt_matched == uart->prompt_bytes) {
    uart->prompt_matched = 0;
    if (!uart->prompted) tracer->status.stack_low = tracer->options.stack_top;  // start-up has painted the stack
    uart->prompted = true;
    uart->ready = true;
  }
}

static bool can_receive(const Uart* uart) { return uart->ready && uart->script_next < uart->script_bytes; }

// Whether a byte waits, as told to a firmware that asks. One that asks again and again, with nothing left to send or
// without ever having shown its prompt, is idle: the conversation is over.
static bool poll_receive(Tracer* tracer) {
  Uart* uart = &tracer->uart;
  if (can_receive(uart)) return true;
  if (++uart->idle_polls < uart->idle_limit) return false;
  if (tracer->live) {
    tracer->next_check = 0;  // it will run on, so it stops between two blocks
  } else {
    tracer_stop(tracer, STOP_SCRIPT_DONE, tracer_where(tracer));
  }
  return false;
}

static uint8_t receive(Tracer* tracer) {
  Uart* uart = &tracer->uart;
  if (!can_receive(uart)) return 0;
  uint8_t byte = uart->script[uart->script_next++];
  uart->idle_polls = 0;
  if (uart->pause_next < uart->pause_count && uart->script_next == uart->pauses[uart->pause_next]) {
    uart->pause_next++;
    uart->ready = false;
  }
  return byte;
}

// STM32 USART/LPUART with ISR/RDR/TDR (L4, F7, H7, U5, G0) and with SR/DR (F4).
enum { V1_SR = 0x00, V1_DR = 0x04, V1_CR1 = 0x0C, V2_CR1 = 0x00, V2_ISR = 0x1C, V2_RDR = 0x24, V2_TDR = 0x28 };
enum { STM32_RXNE = 1 << 5, STM32_TC = 1 << 6, STM32_TXE = 1 << 7, STM32_TEACK = 1 << 21, STM32_REACK = 1 << 22 };

static bool stm32_enabled(Tracer* tracer, uint32_t bit) {
  bool second = tracer->uart.model == UART_STM32_V2;
  uint32_t control = word_at(tracer, second ? V2_CR1 : V1_CR1);
  return control >> (second ? 0 : 13) & 1 && control >> bit & 1;
}

static uint32_t stm32_status(Tracer* tracer) {
  uint32_t value = STM32_TC | STM32_TXE;
  bool receiver = stm32_enabled(tracer, 2);
  if (tracer->uart.model == UART_STM32_V2) {
    if (stm32_enabled(tracer, 3)) value |= STM32_TEACK;
    if (receiver) value |= STM32_REACK;
  }
  if (receiver && poll_receive(tracer)) value |= STM32_RXNE;
  return value;
}

static bool stm32_read(Tracer* tracer, uint32_t offset, uint32_t* value) {
  bool second = tracer->uart.model == UART_STM32_V2;
  if (offset == (second ? V2_ISR : V1_SR))
    *value = stm32_status(tracer);
  else if (offset == (second ? V2_RDR : V1_DR))
    *value = stm32_enabled(tracer, 2) ? receive(tracer) : 0;
  else
    return false;
  return true;
}

static bool stm32_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  bool second = tracer->uart.model == UART_STM32_V2;
  if (offset != (second ? V2_TDR : V1_DR)) return false;
  transmit(tracer, (uint8_t)value, stm32_enabled(tracer, 3));
  return true;
}

// nRF UART: a received byte sits in RXD until it is read; RXDRDY tells of each new one.
enum {
  NRF_STARTRX = 0x000,
  NRF_STOPRX = 0x004,
  NRF_STARTTX = 0x008,
  NRF_STOPTX = 0x00C,
  NRF_RXDRDY = 0x108,
  NRF_TXDRDY = 0x11C,
  NRF_ENABLE = 0x500,
  NRF_RXD = 0x518,
  NRF_TXD = 0x51C
};

static void set_event(Tracer* tracer, uint32_t offset) { peripheral_store(tracer, tracer->uart.base + offset, 1); }

static bool nrf_task(Tracer* tracer, uint32_t offset, uint32_t value) {
  Uart* uart = &tracer->uart;
  switch (offset) {
    case NRF_STARTRX:
      uart->receiving = value & 1;
      return true;
    case NRF_STOPRX:
      uart->receiving = false;
      return true;
    case NRF_STARTTX:
      uart->transmitting = value & 1;
      return true;
    case NRF_STOPTX:
      uart->transmitting = false;
      return true;
    default:
      return false;
  }
}

static bool nrf_read(Tracer* tracer, uint32_t offset, uint32_t* value) {
  Uart* uart = &tracer->uart;
  bool enabled = word_at(tracer, NRF_ENABLE) == 4 && uart->receiving;
  if (offset == NRF_RXDRDY && enabled && !uart->holds_byte && poll_receive(tracer)) {
    uart->held_byte = receive(tracer);
    uart->holds_byte = true;
    set_event(tracer, NRF_RXDRDY);
  }
  if (offset != NRF_RXD) return false;
  *value = uart->held_byte;
  uart->holds_byte = false;
  return true;
}

static bool nrf_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  if (nrf_task(tracer, offset, value)) return true;
  if (offset != NRF_TXD) return false;
  transmit(tracer, (uint8_t)value, word_at(tracer, NRF_ENABLE) == 4 && tracer->uart.transmitting);
  set_event(tracer, NRF_TXDRDY);
  return true;
}

// nRF UARTE: the same port with EasyDMA; buffers must lie in RAM.
enum {
  DMA_FLUSHRX = 0x02C,
  DMA_ENDRX = 0x110,
  DMA_ENDTX = 0x120,
  DMA_RXTO = 0x144,
  DMA_RXSTARTED = 0x14C,
  DMA_TXSTARTED = 0x150,
  DMA_TXSTOPPED = 0x158,
  DMA_SHORTS = 0x200,
  DMA_RXD_PTR = 0x534,
  DMA_RXD_MAXCNT = 0x538,
  DMA_RXD_AMOUNT = 0x53C,
  DMA_TXD_PTR = 0x544,
  DMA_TXD_MAXCNT = 0x548,
  DMA_TXD_AMOUNT = 0x54C
};
enum { DMA_SHORT_ENDRX_STARTRX = 1 << 5 };

static void dma_transmit(Tracer* tracer) {
  uint32_t bytes = word_at(tracer, DMA_TXD_MAXCNT) & 0xFFFF;
  uint8_t* host = NULL;
  if (!memory_dma(tracer, word_at(tracer, DMA_TXD_PTR), bytes, &host)) return;
  for (uint32_t i = 0; i < bytes; i++) transmit(tracer, host[i], word_at(tracer, NRF_ENABLE) == 8);
  peripheral_store(tracer, tracer->uart.base + DMA_TXD_AMOUNT, bytes);
  set_event(tracer, DMA_TXSTARTED);
  set_event(tracer, NRF_TXDRDY);
  set_event(tracer, DMA_ENDTX);
}

static void dma_receive(Tracer* tracer) {
  Uart* uart = &tracer->uart;
  uint32_t amount = word_at(tracer, DMA_RXD_AMOUNT), room = word_at(tracer, DMA_RXD_MAXCNT) & 0xFFFF;
  if (word_at(tracer, NRF_ENABLE) != 8 || !uart->receiving || !poll_receive(tracer)) return;
  uint8_t* host = NULL;
  if (!memory_dma(tracer, word_at(tracer, DMA_RXD_PTR), room, &host)) return;
  if (amount < room) {
    host[amount++] = receive(tracer);
    set_event(tracer, NRF_RXDRDY);
  }
  peripheral_store(tracer, uart->base + DMA_RXD_AMOUNT, amount);
  if (amount < room) return;
  set_event(tracer, DMA_ENDRX);
  uart->receiving = word_at(tracer, DMA_SHORTS) & DMA_SHORT_ENDRX_STARTRX;
  if (uart->receiving) peripheral_store(tracer, uart->base + DMA_RXD_AMOUNT, 0);
}

static bool dma_read(Tracer* tracer, uint32_t offset) {
  // A byte arrives while the driver waits for it; an event it has not yet cleared holds the next one back.
  bool waits = offset == NRF_RXDRDY || offset == DMA_ENDRX;
  if (waits && word_at(tracer, offset) == 0) dma_receive(tracer);
  return false;  // the value read is the stored one
}

static bool dma_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  Uart* uart = &tracer->uart;
  if (!nrf_task(tracer, offset, value)) return false;
  if (offset == NRF_STARTTX && uart->transmitting) dma_transmit(tracer);
  if (offset == NRF_STOPTX) set_event(tracer, DMA_TXSTOPPED);
  if (offset == NRF_STARTRX && uart->receiving) {
    peripheral_store(tracer, uart->base + DMA_RXD_AMOUNT, 0);
    set_event(tracer, DMA_RXSTARTED);
  }
  if (offset == NRF_STOPRX) {
    set_event(tracer, DMA_ENDRX);
    set_event(tracer, DMA_RXTO);
  }
  return true;
}

// Arm PrimeCell UART (PL011).
enum { PL_DR = 0x00, PL_FR = 0x18, PL_CR = 0x30 };
enum { PL_FR_RXFE = 1 << 4, PL_FR_TXFE = 1 << 7, PL_CR_UARTEN = 1, PL_CR_TXE = 1 << 8, PL_CR_RXE = 1 << 9 };

static bool pl011_enabled(Tracer* tracer, uint32_t bit) {
  uint32_t control = word_at(tracer, PL_CR);
  return control & PL_CR_UARTEN && control & bit;
}

static bool pl011_read(Tracer* tracer, uint32_t offset, uint32_t* value) {
  bool enabled = pl011_enabled(tracer, PL_CR_RXE);
  if (offset == PL_FR)
    *value = PL_FR_TXFE | (enabled && poll_receive(tracer) ? 0 : PL_FR_RXFE);
  else if (offset == PL_DR)
    *value = enabled ? receive(tracer) : 0;
  else
    return false;
  return true;
}

static bool pl011_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  if (offset != PL_DR) return false;
  transmit(tracer, (uint8_t)value, pl011_enabled(tracer, PL_CR_TXE));
  return true;
}

// Arm CMSDK APB UART.
enum { CMSDK_DATA = 0x00, CMSDK_STATE = 0x04, CMSDK_CTRL = 0x08, CMSDK_TX_ON = 1, CMSDK_RX_ON = 2, CMSDK_RX_FULL = 2 };

static bool cmsdk_read(Tracer* tracer, uint32_t offset, uint32_t* value) {
  bool enabled = word_at(tracer, CMSDK_CTRL) & CMSDK_RX_ON;
  if (offset == CMSDK_STATE)
    *value = enabled && poll_receive(tracer) ? CMSDK_RX_FULL : 0;
  else if (offset == CMSDK_DATA)
    *value = enabled ? receive(tracer) : 0;
  else
    return false;
  return true;
}

static bool cmsdk_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  if (offset != CMSDK_DATA) return false;
  transmit(tracer, (uint8_t)value, word_at(tracer, CMSDK_CTRL) & CMSDK_TX_ON);
  return true;
}

// True when the model has answered; false leaves the register to plain storage.
bool uart_access_read(Tracer* tracer, uint32_t offset, uint32_t* value) {
  switch (tracer->uart.model) {
    case UART_STM32_V1:
    case UART_STM32_V2:
      return stm32_read(tracer, offset, value);
    case UART_NRF:
      return nrf_read(tracer, offset, value);
    case UART_NRF_EASYDMA:
      return dma_read(tracer, offset);
    case UART_PL011:
      return pl011_read(tracer, offset, value);
    case UART_CMSDK:
      return cmsdk_read(tracer, offset, value);
    default:
      return false;
  }
}

bool uart_access_write(Tracer* tracer, uint32_t offset, uint32_t value) {
  switch (tracer->uart.model) {
    case UART_STM32_V1:
    case UART_STM32_V2:
      return stm32_write(tracer, offset, value);
    case UART_NRF:
      return nrf_write(tracer, offset, value);
    case UART_NRF_EASYDMA:
      return dma_write(tracer, offset, value);
    case UART_PL011:
      return pl011_write(tracer, offset, value);
    case UART_CMSDK:
      return cmsdk_write(tracer, offset, value);
    default:
      return false;
  }
}
