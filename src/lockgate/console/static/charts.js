// Draws the tables that the dashboard shows anyway: a bar per row, a series per column; a click follows the cell's link.
// With data-lines, the unit of the numbers, each column is a line instead, with a gap where nothing stands.
(function () {
  "use strict";

  var COLOURS = {
    Malware: "#d63939", Phishing: "#f76707", Fraud: "#ae3ec9", Spam: "#f59f00", Bulk: "#4299e1", "Data loss": "#667382",
    Inbound: "#0d9488", Outbound: "#4263eb", Median: "#0d9488", "95 %": "#f59f00", "99 %": "#d63939",
  };
  var charts = [];

  function tableOf(node) { return document.getElementById(node.dataset.chartOf); }

  function numberIn(cell) { return Number(cell.textContent.replace(/\D/g, "")); }

  function seriesOf(name, values, unit) {
    if (!unit) { return { name: name, type: "bar", stack: "all", barMaxWidth: 28, itemStyle: { color: COLOURS[name] }, data: values }; }
    var data = values.map(function (value) { return value || null; });
    return { name: name, type: "line", symbolSize: 7, itemStyle: { color: COLOURS[name] }, lineStyle: { width: 2 }, data: data };
  }

  function optionOf(table, width, unit) {
    var rows = Array.from(table.tBodies[0].rows);
    var names = Array.from(table.tHead.rows[0].cells).slice(1).map(function (cell) { return cell.textContent; });
    var dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
    var text = dark ? "#c8d3e1" : "#4a5568";
    var line = dark ? "#323d4d" : "#e6e8ec";
    return {
      animation: false,
      aria: { enabled: false },
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 8, top: names.length > 3 && width < 420 ? 56 : 36, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: text } },
      tooltip: {
        trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" },
        formatter: function (series) {
          var shown = series.filter(function (one) { return one.value; });
          var lines = shown.map(function (one) { return one.marker + " " + one.seriesName + ": " + one.value.toLocaleString("en") + unit; });
          return [rows[series[0].dataIndex].cells[0].textContent].concat(lines.length ? lines : ["Nothing"]).join("\n");
        },
      },
      xAxis: {
        type: "category", data: rows.map(function (row) { return row.cells[0].dataset.label; }),
        axisLabel: { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      },
      yAxis: {
        type: "value", minInterval: 1, axisLabel: { color: text, formatter: "{value}" + unit }, splitLine: { lineStyle: { color: line } },
      },
      series: names.map(function (name, index) {
        return seriesOf(name, rows.map(function (row) { return numberIn(row.cells[index + 1]); }), unit);
      }),
    };
  }

  function follow(node, point) {
    var link = tableOf(node).tBodies[0].rows[point.dataIndex].cells[point.seriesIndex + 1].querySelector("a");
    if (link) { window.location.assign(link.href); }
  }

  function find() {
    document.querySelectorAll("[data-chart-of]").forEach(function (node) {
      if (charts.some(function (one) { return one.node === node; })) { return; }
      var chart = window.echarts.init(node);
      chart.on("click", function (point) { follow(node, point); });
      charts.push({ node: node, chart: chart });
    });
  }

  function drawAll() {
    find(); // a page that showed no numbers yet gets its charts with the first
    charts.forEach(function (one) {
      var unit = one.node.dataset.lines ? " " + one.node.dataset.lines : "";
      one.chart.setOption(optionOf(tableOf(one.node), one.node.clientWidth, unit), true);
    });
  }

  drawAll();
  document.body.addEventListener("htmx:afterSettle", drawAll);
  window.addEventListener("resize", function () {
    charts.forEach(function (one) { one.chart.resize(); });
    drawAll();
  });
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
