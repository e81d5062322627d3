//! The leaderboard as CSV: one line a model and metric.

use super::leaderboard::Leaderboard;

/// The leaderboard as CSV with the columns `model,family,metric,mean,low,high,seed_sd,fits`.
pub fn to_csv(board: &Leaderboard) -> String {
    let mut text = String::from("model,family,metric,mean,low,high,seed_sd,fits\n");
    for row in &board.rows {
        let family = match row.family {
            crate::models::Family::Baseline => "baseline",
            crate::models::Family::Adversarial => "adversarial",
        };
        for metric in &board.metrics {
            let Some(e) = row.metrics.get(metric) else {
                continue;
            };
            let line = format!(
                "{},{family},{metric},{:.6},{:.6},{:.6},{:.6},{}\n",
                row.model, e.mean, e.low, e.high, e.seed_sd, row.fits
            );
            text.push_str(&line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_line_a_model_and_metric() {
        let text = super::to_csv(&super::super::leaderboard::example());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[1],
            "cfgan,adversarial,ndcg@10,0.300000,0.200000,0.400000,0.000000,2"
        );
    }
}
